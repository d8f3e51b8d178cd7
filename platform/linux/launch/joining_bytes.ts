/*
 * A child that moves itself to a cgroup before it is the command writes a byte for each (launch_steps.ts), which the
 * kernel counts as written by it. The command has not written them: they are taken off its count.
 */

const written = new Map<number, number>();

/** A child was started that has written so many bytes before it became the command. */
export function noteJoiningBytes(pid: number, count: number): void {
  if (count > 0) written.set(pid, count);
  else written.delete(pid);
}

/** How many bytes a child of ours that nobody has waited for had written by then. */
export function joiningBytes(pid: number): number {
  return written.get(pid) ?? 0;
}

/** A child was waited for: its PID may become another's. */
export function forgetJoiningBytes(pid: number): void {
  written.delete(pid);
}
