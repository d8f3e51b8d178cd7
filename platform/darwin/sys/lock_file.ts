import { nodeFs } from "../../../io/builtins.ts";
import type { Lock } from "../../contract/users.ts";
import { EAGAIN, systemError } from "./errno.ts";
import type { LibSystem } from "./libsystem.ts";

// bsd/sys/fcntl.h of XNU
const O_RDWR = 2;
const O_NOFOLLOW = 0x100;
const O_CLOEXEC = 0x100_0000;
const LOCK_EX_NB = 2 + 4;
const MODE = 0o600;

/**
 * Take a flock(2) on a file, made where it is missing; null when another process has it.
 * @throws an error with the `code` of the failed open
 */
export function lockFile(system: LibSystem, path: string): Lock | null {
  const { closeSync, constants, openSync, statSync } = nodeFs();
  // Made by the runtime: open(2) takes the mode as a variadic argument.
  closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, MODE));
  for (;;) {
    const before = statSync(path);
    const descriptor = system.c.open(system.string(path), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) throw Object.assign(systemError("open", system.errno()), { path });
    const failed = system.c.flock(descriptor, LOCK_EX_NB) === 0 ? 0 : system.errno();
    const now = statSync(path, { throwIfNoEntry: false });
    if (failed === 0 && now && now.ino === before.ino && now.dev === before.dev) {
      // By its name: /dev/fd leads to a descriptor, not to a file. Whoever may write there could lock as well.
      return { file: path, release: () => void system.c.close(descriptor) };
    }
    system.c.close(descriptor);
    if (failed === EAGAIN) return null;
    if (failed !== 0) throw Object.assign(systemError("flock", failed), { path });
    // Its last holder has removed the file meanwhile.
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, MODE));
  }
}
