import { systemCall } from "./machine_code.ts";
import { ForeignMemory } from "./memory.ts";

/** What may be asked of a descriptor and answered (poll(2)). */
export const POLLIN = 1;
export const POLLPRI = 2;
export const POLLOUT = 4;

/** struct pollfd: fd 4, events 2, revents 2; behind it a struct timespec. */
const EVENTS = 4;
const REVENTS = 6;
const TIMESPEC = 8;

const pollfd = new ForeignMemory(24);

/** What holds of a descriptor right now, of these events and of errors; 0 when nothing does. */
export function pollNow(descriptor: number, events: number): number {
  return pollFor(descriptor, events, 0);
}

/** The same, but waiting for it for so many milliseconds; 0 as well when a signal has ended the waiting. */
export function pollFor(descriptor: number, events: number, ms: number): number {
  pollfd.setU64(TIMESPEC, Math.floor(ms / 1_000));
  pollfd.setU64(TIMESPEC + 8, Math.floor((ms % 1_000) * 1e6));
  pollfd.view.setInt32(0, descriptor, true);
  pollfd.view.setInt16(EVENTS, events, true);
  pollfd.view.setInt16(REVENTS, 0, true);
  const found = systemCall("ppoll", pollfd.address, 1, pollfd.address + TIMESPEC);
  return found > 0 ? pollfd.view.getInt16(REVENTS, true) : 0;
}

/** A struct timespec of nothing, and behind it struct pollfd of as many as were ever asked of at once. */
const POLLFD = 8;
let many: ForeignMemory | undefined;

/**
 * Whether one of these descriptors is readable right now, in one call; also where they cannot be asked. What waits for
 * nothing but errors, such as a pipe that nobody writes to any more, is not readable.
 */
export function anyReadable(descriptors: readonly number[]): boolean {
  const size = descriptors.length * POLLFD;
  if (!many || many.bytes.length < size + 16) {
    many?.free();
    many = new ForeignMemory(2 * size + 16);
  }
  const { address, view } = many;
  for (let at = 0; at < descriptors.length; at++) {
    view.setInt32(16 + at * POLLFD, descriptors[at], true);
    view.setInt32(16 + at * POLLFD + EVENTS, POLLIN, true);
  }
  const found = systemCall("ppoll", address + 16, descriptors.length, address);
  if (found <= 0) return found < 0;
  return descriptors.some((_, at) => (view.getInt16(16 + at * POLLFD + REVENTS, true) & POLLIN) !== 0);
}
