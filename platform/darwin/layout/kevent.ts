import { i16, u16, u32, u64 } from "./words.ts";

/* `struct kevent` (kqueue(2), bsd/sys/event.h of XNU). */

export const KEVENT_SIZE = 32;
export const EVFILT_PROC = -5;
export const EV = { add: 1, delete: 2, clear: 0x20, receipt: 0x40, error: 0x4000 } as const;
/** What can be told of a process. There is none that follows a child: the kernel refuses NOTE_TRACK. */
export const NOTE = {
  exit: 0x8000_0000,
  fork: 0x4000_0000,
  exec: 0x2000_0000,
  exitDetail: 0x0200_0000,
  /** In the detail of an end: memory ran short, and it was ended for that. */
  exitMemory: 0x0002_0000,
} as const;

/** One of them. */
export interface Kevent {
  readonly pid: number;
  readonly filter: number;
  readonly flags: number;
  /** Unsigned. */
  readonly notes: number;
  /** Of an error its number; else of an end what the notes asked for. */
  readonly data: number;
}

/** Write a change to the list of what is to be told. */
export function writeKevent(
  view: DataView,
  at: number,
  { pid, flags, notes }: Pick<Kevent, "pid" | "flags" | "notes">,
): void {
  view.setBigUint64(at, BigInt(pid), true);
  view.setInt16(at + 8, EVFILT_PROC, true);
  view.setUint16(at + 10, flags, true);
  view.setUint32(at + 12, notes >>> 0, true);
  view.setBigUint64(at + 16, 0n, true);
  view.setBigUint64(at + 24, 0n, true);
}

/** Read what is told. */
export function parseKevent(view: DataView, at: number): Kevent {
  return {
    pid: u64(view, at),
    filter: i16(view, at + 8),
    flags: u16(view, at + 10),
    notes: u32(view, at + 12),
    data: u64(view, at + 16),
  };
}
