import { ProctorError } from "../core/error.ts";
import type { LaunchFailure, LaunchSpec } from "../platform/mod.ts";

/** A failed launch in words; the stage tells whose fault it was. */
export function launchError(failure: LaunchFailure, spec: LaunchSpec): ProctorError {
  const { stage, message } = failure;
  const file = new TextDecoder().decode(spec.file);
  if (stage === "cwd") return new ProctorError("usage", `cwd: cannot change to "${spec.cwd}": ${message}`);
  if (stage === "credentials") {
    return new ProctorError("usage", `uid and gid: cannot become that user: ${message}`);
  }
  if (stage !== "exec") return new ProctorError("system", `cannot start ${file}: ${message}`);
  // The file was found and may be executed; so what is missing is the interpreter it names.
  const why = message.startsWith("no such file")
    ? "its interpreter (#! line or dynamic loader) does not exist"
    : message;
  return new ProctorError("command_not_executable", `${file}: cannot be executed: ${why}`);
}
