import { holdChild, unholdChild } from "../processes/shared_children.ts";
import { systemCall } from "../sys/machine_code.ts";
import { takePeakOrigin } from "./inherited_peak.ts";

const SIGKILL = 9;

/**
 * Guards are our children, and of no tree: whoever looks at children of ours has to tell them apart. With each stands
 * what is done when it has ended before its time.
 */
const running = new Map<number, () => void>();

/**
 * Note that a guard was started.
 * @param onLoss called when it has ended though nobody has ended it
 */
export function addGuard(pid: number, onLoss: () => void): void {
  running.set(pid, onLoss);
  holdChild(pid);
}

/** Whether a child of ours is a guard. */
export function isGuard(pid: number): boolean {
  return running.has(pid);
}

/** Take a guard that has ended before its time out of the process table, and see to its place. */
export function buryGuard(pid: number): void {
  const onLoss = running.get(pid);
  bury(pid);
  onLoss?.();
}

function bury(pid: number): void {
  running.delete(pid);
  takePeakOrigin(pid);
  unholdChild(pid);
  systemCall("wait4", pid, 0, 0, 0);
}

/** End a guard, and leave no zombie. One that is gone already may have left its PID to a stranger. */
export function endGuard(pid: number): void {
  if (!running.has(pid)) return;
  systemCall("kill", pid, SIGKILL);
  bury(pid);
}
