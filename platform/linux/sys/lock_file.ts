import { nodeFs } from "../../../io/builtins.ts";
import type { Lock } from "../../contract/users.ts";
import { systemCall } from "./machine_code.ts";
import { closeFile, pathAddress } from "../proc/kernel_file.ts";
import { AT_FDCWD } from "./at_fdcwd.ts";
import { errnoName } from "./errno.ts";
import { flock, TAKEN } from "./flock.ts";
import { openFlags } from "./open_flags.ts";

/** A link would be somebody's who wants another file made. */
const CREATE = openFlags("O_RDWR", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC");
const MODE = 0o600;

/**
 * Take a flock(2) on a file, made where it is missing; null when another process has it. It is bound to our descriptor,
 * which no child inherits, so that it ends with us.
 * @throws an error with the `code` of the failed open
 */
export function lockFile(path: string): Lock | null {
  for (;;) {
    const descriptor = systemCall("openat", AT_FDCWD, pathAddress(path), CREATE, MODE);
    if (descriptor < 0) throw failed(path, -descriptor);
    const refused = flock(descriptor, "exclusive");
    if (refused === 0 && isStillAt(path, descriptor)) {
      return { file: fileOf(descriptor), release: () => closeFile(descriptor) };
    }
    closeFile(descriptor);
    if (refused === TAKEN) return null;
    if (refused !== 0) throw failed(path, -refused);
  }
}

/** Its last holder may have removed the file as we waited for it: then a lock on it keeps nobody away. */
function isStillAt(path: string, descriptor: number): boolean {
  const locked = nodeFs().statSync(fileOf(descriptor), { throwIfNoEntry: false });
  const found = nodeFs().statSync(path, { throwIfNoEntry: false });
  // Without /proc nothing can be told.
  return locked === undefined || locked.ino === found?.ino && locked.dev === found.dev;
}

function fileOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

function failed(path: string, errno: number): Error {
  const code = errnoName(errno);
  return Object.assign(new Error(`cannot lock ${path}: ${code}`), { code, path });
}
