import type { Launched, LaunchFailure, LaunchSpec } from "../platform/mod.ts";
import type { Membership } from "./membership.ts";

/**
 * Start a command in a tree's container; a cgroup that cannot be entered is given up for the next rung, and a script
 * without a `#!` line is run by a shell.
 */
export function launchInside(members: Membership, spec: LaunchSpec): Launched | LaunchFailure {
  const launched = launchOnce(members, spec);
  const script = "stage" in launched ? members.holder.platform.asShellScript(spec, launched) : null;
  return script ? launchOnce(members, script) : launched;
}

function launchOnce(members: Membership, spec: LaunchSpec): Launched | LaunchFailure {
  const { platform } = members.holder;
  const launched = platform.launch(spec, members.container);
  const isRefused = "stage" in launched && launched.stage === "containment";
  if (!isRefused || !members.isReplaceable) return launched;
  members.replaceContainer(`no process can be started in a cgroup of our own: ${launched.message}`);
  return platform.launch(spec, members.container);
}
