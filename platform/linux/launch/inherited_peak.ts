/*
 * ru_maxrss of a process does not begin at nothing, but at the size of whoever called execve for it: exec raises the
 * mark of the process to the high-water mark of the memory it leaves (fs/exec.c), and after vfork(2) and its like that
 * is the parent's. What it begins at is therefore noted for every child that we start.
 */

/** At what size the peak of a child begins: that of one page, ours, or (an orphan of the tree) that of its parent. */
export type PeakOrigin = "nothing" | "ourselves" | "parent";

const origins = new Map<number, PeakOrigin>();

/** A child was started. */
export function notePeakOrigin(pid: number, origin: PeakOrigin): void {
  origins.set(pid, origin);
}

/** Whether we have started this child of ours, which nobody has waited for: an orphan of a tree it is not. */
export function isStartedByUs(pid: number): boolean {
  return origins.has(pid);
}

/** At what the peak of a child begins that was just waited for; asked once. */
export function takePeakOrigin(pid: number): PeakOrigin {
  const origin = origins.get(pid) ?? "parent";
  origins.delete(pid);
  return origin;
}
