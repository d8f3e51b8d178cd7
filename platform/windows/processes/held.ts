import { foreignCallback } from "../../../ffi/mod.ts";
import type { Callback } from "../../../ffi/mod.ts";
import { closeHandle } from "../sys/close.ts";
import { kernel32 } from "../sys/libraries.ts";
import { getI64, Memory, scratchMemory, setI64 } from "../sys/memory.ts";

const WT_EXECUTEONLYONCE = 8;
const INFINITE = 0xffffffff;
const WAIT_OBJECT_0 = 0;
/** MAXIMUM_WAIT_OBJECTS. */
const MOST_AT_ONCE = 64;

/**
 * A process whose handle we hold: as long as we do its number is not given to another, and what it has used can be
 * asked for when it has ended.
 */
export interface HeldProcess {
  readonly pid: number;
  readonly handle: number;
  /** Whether it leads a group of the console, so that Ctrl-Break can be sent to it. */
  readonly leadsGroup: boolean;
  /** Whether it was asked to end, so that what it has started hears of it from it. */
  isAsked: boolean;
  /** The number of the signal that we have ended it in the name of, or null. */
  endedBySignal: number | null;
}

interface Entry extends HeldProcess {
  /** What makes the system tell its end; 0 where it does not, and it is found at the next look. */
  readonly wait: number;
}

const held = new Map<number, Entry>();
const listeners = new Set<() => void>();
let callback: Callback | undefined;

/** Hold a process by a handle, which is ours from now on. */
export function holdProcess(pid: number, handle: number, leadsGroup = false): HeldProcess {
  const known = held.get(pid);
  // While the one handle is open, the other can only be of the same process.
  if (known) {
    closeHandle(handle);
    return known;
  }
  const entry: Entry = {
    pid,
    handle,
    leadsGroup,
    isAsked: false,
    endedBySignal: null,
    wait: tellEnd(handle),
  };
  held.set(pid, entry);
  return entry;
}

/** The process with this number, where it is held. */
export function heldProcess(pid: number): HeldProcess | undefined {
  return held.get(pid);
}

/** Let go of a process; its number may be another's from now on. */
export function releaseProcess(process: HeldProcess): void {
  const entry = held.get(process.pid);
  if (entry !== process) return;
  held.delete(entry.pid);
  // Without waiting for a call that is on its way: all that it does is look.
  if (entry.wait !== 0) kernel32().UnregisterWaitEx(entry.wait, 0);
  closeHandle(entry.handle);
}

/** Whether a process whose handle is given has ended. */
export function hasEnded({ handle }: Pick<HeldProcess, "handle">): boolean {
  return kernel32().WaitForSingleObject(handle, 0) === WAIT_OBJECT_0;
}

/** The numbers of held processes that have ended, at most so many. */
export function endedProcesses(most = Infinity): number[] {
  const ended: number[] = [];
  let candidates = [...held.values()];
  while (candidates.length > 0 && ended.length < most) {
    const some = candidates.slice(0, MOST_AT_ONCE);
    const index = firstEnded(some);
    if (index >= 0) ended.push(some[index].pid);
    candidates = candidates.slice(index >= 0 ? index + 1 : some.length);
  }
  return ended;
}

/** Call `notify` in the event loop when a held process has ended; returns how to stop. */
export function onProcessEnd(notify: () => void): () => void {
  listeners.add(notify);
  return () => void listeners.delete(notify);
}

let handles: Memory | undefined;

function firstEnded(candidates: readonly Entry[]): number {
  handles ??= new Memory(MOST_AT_ONCE * 8);
  for (const [index, { handle }] of candidates.entries()) setI64(handles.view, index * 8, handle);
  const found = kernel32().WaitForMultipleObjects(candidates.length, handles.address, 0, 0);
  return found < candidates.length ? found : -1;
}

/** A thread of the system's waits for up to 63 of them, and calls us once for each. */
function tellEnd(handle: number): number {
  callback ??= foreignCallback(() => {
    for (const notify of [...listeners]) notify();
  }, ["usize", "i32"]);
  const { address, view } = scratchMemory();
  const done = kernel32().RegisterWaitForSingleObject(
    address,
    handle,
    callback.address,
    0,
    INFINITE,
    WT_EXECUTEONLYONCE,
  );
  return done === 0 ? 0 : getI64(view, 0);
}
