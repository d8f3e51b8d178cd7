import type { Obstacle } from "../../posix/resolve_command.ts";
import { pathAddress } from "../proc/kernel_file.ts";
import { AT_FDCWD } from "../sys/at_fdcwd.ts";
import { EACCES } from "../sys/errno.ts";
import { fileKind, S_IFDIR } from "../sys/statx.ts";
import { systemCall } from "../sys/machine_code.ts";

const X_OK = 1;

/** What keeps a file from being executed by us (access(2)), or null; a relative path is seen from our directory. */
export function whyNotExecutable(file: Uint8Array): Obstacle | null {
  const kind = fileKind(file);
  if (kind < 0) return kind === -EACCES ? "forbidden" : "missing";
  if (kind === S_IFDIR) return "directory";
  return systemCall("faccessat", AT_FDCWD, pathAddress(file), X_OK) === 0 ? null : "forbidden";
}
