import { nodeFs } from "../../../io/builtins.ts";
import type { Obstacle } from "../../posix/resolve_command.ts";
import { HEAD_BYTES } from "../../posix/shell_script.ts";

/** What keeps a file from being executed by us (access(2)), or null. */
export function whyNotExecutable(file: Uint8Array): Obstacle | null {
  const { accessSync, constants, statSync } = nodeFs();
  const path = Buffer.from(file);
  try {
    if (statSync(path).isDirectory()) return "directory";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "forbidden" : "missing";
  }
  try {
    accessSync(path, constants.X_OK);
    return null;
  } catch {
    return "forbidden";
  }
}

/** How a file begins; null where it cannot be read. */
export function readHead(file: Uint8Array): Uint8Array | null {
  const { closeSync, openSync, readSync } = nodeFs();
  try {
    const descriptor = openSync(Buffer.from(file), "r");
    try {
      const head = new Uint8Array(HEAD_BYTES);
      return head.subarray(0, readSync(descriptor, head));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}
