import { closeFile, pathAddress } from "../proc/kernel_file.ts";
import { libc } from "./libc.ts";

// include/uapi/asm-generic/fcntl.h
const O_RDONLY = 0;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/**
 * Whether we have a controlling terminal that is still there: /dev/tty can be opened (tty(4)). A terminal that hangs up
 * (credentials(7), drivers/tty/tty_io.c: __tty_hangup) is taken from its whole session before anybody gets SIGHUP.
 */
export function hasTerminal(): boolean {
  const descriptor = libc.open(pathAddress("/dev/tty"), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
  if (descriptor < 0) return false;
  closeFile(descriptor);
  return true;
}
