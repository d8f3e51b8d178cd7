import { kernel32 } from "../sys/libraries.ts";
import { getU64, scratchMemory } from "../sys/memory.ts";

const THIS_PROCESS = -1;
/** CPU time is counted in 100 nanoseconds, and its clock moves in steps: two of them apart is not an accident. */
const PER_SECOND = 1e7;
const TOO_MUCH = 2 * 156_250;

let areTold: boolean | undefined;

/**
 * Whether the system tells the CPU time of other processes, and so that of the ended; Wine tells one's own instead,
 * whatever process is asked for. Then what the list of processes has said last is all there is, and jobs count nothing.
 */
export function tellsTimes(): boolean {
  return areTold ?? true;
}

/** Why what ended processes have used may be missing from a bill; null where it is told. */
export function timesGap(): string | null {
  return tellsTimes() ? null : "the system does not report what ended processes used: billed as last seen";
}

/**
 * Find {@link tellsTimes} out by a process: one that is said to have used exactly what we have, and has not.
 * @param seenSeconds what the list of processes has just said; nothing of a process that has only begun
 */
export function checkTimes(handle: number, seenSeconds = 0): void {
  if (areTold !== undefined) return;
  const before = timesOf(THIS_PROCESS);
  const theirs = timesOf(handle);
  const after = timesOf(THIS_PROCESS);
  if ([...before, ...theirs, ...after].some(Number.isNaN)) return;
  const isOurs = theirs.every((time, index) => time >= before[index] && time <= after[index]);
  if (!isOurs) areTold = true;
  // Else another process may show, which has used more or less than we have.
  else if (Math.abs(theirs[0] + theirs[1] - seenSeconds * PER_SECOND) >= TOO_MUCH) areTold = false;
}

/** What a process has spent in the kernel and in its own code. */
function timesOf(handle: number): readonly [number, number] {
  const { address, view } = scratchMemory();
  const done = kernel32().GetProcessTimes(handle, address, address + 8, address + 16, address + 24) !== 0;
  return done ? [getU64(view, 16), getU64(view, 24)] : [NaN, NaN];
}
