import { systemCall } from "./machine_code.ts";
import { EAGAIN } from "./errno.ts";

/** Operations of flock(2), include/uapi/asm-generic/fcntl.h: at once, or not at all. */
const AT_ONCE = 4; // LOCK_NB
const OPERATIONS = { shared: 1 | AT_ONCE, exclusive: 2 | AT_ONCE } as const;

/** Another open file has the lock; EWOULDBLOCK is a second name of it. */
export const TAKEN = -EAGAIN;

/** Lock what a descriptor leads to, for as long as that is open; 0, {@link TAKEN}, or any other -errno. */
export function flock(descriptor: number, kind: keyof typeof OPERATIONS): number {
  return systemCall("flock", descriptor, OPERATIONS[kind]);
}
