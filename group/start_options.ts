import { usageError } from "../core/error.ts";
import { either, FLAG, listOf, OBJECT, oneOf, whole } from "../core/option.ts";
import type { Rules } from "../core/option.ts";
import type { LaunchSpec, ResourceLimits } from "../platform/mod.ts";
import { COMMAND_RULES, DESCRIPTOR } from "./launch_spec.ts";

/** Where a standard stream of a child goes: ours, nowhere, a pipe to us, or a descriptor of ours. */
export type Stdio = "inherit" | "null" | "pipe" | number;

/** How a command is started in a group. */
export interface StartOptions {
  /** Working directory; ours when undefined. */
  cwd?: string;
  /** Variables to add to our own environment. */
  env?: Readonly<Record<string, string>>;
  /** Names of variables of our own environment that it does not get. */
  withoutEnv?: readonly string[];
  /** Default `inherit`; a pipe is for output only. */
  stdin?: Exclude<Stdio, "pipe">;
  /** Default `inherit`. */
  stdout?: Stdio;
  /** Default `inherit`. */
  stderr?: Stdio;
  /** Run as this user; needs `gid` too, and the right to do so. */
  uid?: number;
  /** Run with this group; needs `uid` too. */
  gid?: number;
  /** Further groups of that user; default: none. */
  groups?: readonly number[];
  /**
   * With `uid`: descriptors given as streams become that user's, so that /dev/stdout can be opened anew, as pipes to
   * us always do; default false.
   */
  ownsStreams?: boolean;
  /** Lead a session of its own, which a terminal's Ctrl-C does not reach; default false. */
  ownSession?: boolean;
  /** Most descriptors each of its processes may open (RLIMIT_NOFILE); as we were started when undefined. */
  fileDescriptorLimit?: number;
  /** Permissions that files it makes do not get, such as 0o022; ours when undefined. */
  fileModeMask?: number;
  /** Its nice value, -20 to 19; ours when undefined. Below ours needs the right to that. */
  niceness?: number;
  /** Further limits of each of its processes (getrlimit(2)): bytes, seconds or a count; Infinity for none. */
  resourceLimits?: ResourceLimits;
}

/**
 * An ID of a user or group; the highest number means "unchanged" to the kernel, which is never intended here.
 */
export const ID = whole(0, 2 ** 32 - 2);
const OUTPUT = either(oneOf("inherit", "null", "pipe"), DESCRIPTOR);

/** What each of {@link StartOptions} has to be. */
export const START_RULES: Rules<StartOptions> = {
  cwd: COMMAND_RULES.cwd,
  env: COMMAND_RULES.env,
  withoutEnv: COMMAND_RULES.withoutEnv,
  stdin: either(oneOf("inherit", "null"), DESCRIPTOR),
  stdout: OUTPUT,
  stderr: OUTPUT,
  uid: ID,
  gid: ID,
  groups: listOf(`a list of IDs, whole numbers from 0 to ${2 ** 32 - 2}`, ID),
  ownsStreams: FLAG,
  ownSession: FLAG,
  fileDescriptorLimit: whole(0),
  fileModeMask: whole(0, 0o777),
  niceness: whole(-20, 19),
  resourceLimits: OBJECT,
};

/** NGROUPS_MAX (include/uapi/linux/limits.h). */
const MOST_GROUPS = 65_536;

/**
 * As whom a command is to run; undefined for as whom we do.
 * @throws ProctorError of kind `usage` when that makes no sense
 */
export function credentials({ uid, gid, groups = [] }: StartOptions): LaunchSpec["credentials"] {
  if (uid === undefined && gid === undefined) {
    if (groups.length > 0) throw usageError("groups: they are of no use without uid and gid");
    return undefined;
  }
  if (uid === undefined || gid === undefined) {
    throw usageError("uid and gid: one is of no use without the other");
  }
  if (groups.length > MOST_GROUPS) throw usageError(`groups: there are more than ${MOST_GROUPS}`);
  return { uid, gid, groups };
}
