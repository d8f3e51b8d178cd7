import { systemCall } from "./launch_code.ts";

const SIGKILL = 9;

/** Guards are our children, and of no tree: whoever looks at children of ours has to tell them apart. */
const running = new Set<number>();

/** Note that a guard was started. */
export function addGuard(pid: number): void {
  running.add(pid);
}

/** Whether a child of ours is a guard. */
export function isGuard(pid: number): boolean {
  return running.has(pid);
}

/** Take a guard that has ended before its time out of the process table. */
export function buryGuard(pid: number): void {
  running.delete(pid);
  systemCall("wait4", pid, 0, 0, 0);
}

/** End a guard, and leave no zombie. One that is gone already may have left its PID to a stranger. */
export function endGuard(pid: number): void {
  if (!running.has(pid)) return;
  systemCall("kill", pid, SIGKILL);
  buryGuard(pid);
}
