import { ProctorError } from "../core/error.ts";
import type { ErrorKind } from "../core/error.ts";
import type { LaunchFailure, LaunchSpec } from "../platform/mod.ts";

/** A launch that failed at a step of the operating system's. */
export class LaunchError extends ProctorError {
  /** @param stage the step that failed */
  constructor(readonly stage: LaunchFailure["stage"], kind: ErrorKind, message: string) {
    super(kind, message);
  }
}

/** A failed launch in words; the stage tells whose fault it was. */
export function launchError(failure: LaunchFailure, spec: LaunchSpec): LaunchError {
  const { stage, message } = failure;
  const error = (kind: ErrorKind, text: string) => new LaunchError(stage, kind, text);
  const file = new TextDecoder().decode(spec.file);
  if (stage === "cwd") return error("usage", `cwd: cannot change to "${spec.cwd}": ${message}`);
  if (stage === "credentials") return error("usage", `uid and gid: cannot become that user: ${message}`);
  if (stage === "file_limit") {
    return error("usage", `fileDescriptorLimit: cannot set it to ${spec.fileLimit}: ${message}`);
  }
  if (stage === "niceness") {
    return error("usage", `niceness: cannot set it to ${spec.niceness}: ${message}`);
  }
  if (stage === "resource_limit") {
    const names = Object.keys(spec.resourceLimits ?? {}).join(", ");
    return error("usage", `resourceLimits: cannot set ${names}: ${message}`);
  }
  if (stage !== "exec") return error("system", `cannot start ${file}: ${message}`);
  // The file was found and may be executed; so what is missing is the interpreter it names.
  const why = message.startsWith("no such file")
    ? "its interpreter (#! line or dynamic loader) does not exist"
    : message;
  return error("command_not_executable", `${file}: cannot be executed: ${why}`);
}
