import type { ProcessIdentity } from "../../contract/lookup.ts";
import { bsdInfo, isDead, startOf } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { signalNumber } from "../layout/signals.ts";
import { UNKNOWN_BIRTH } from "./process_reader.ts";

/** Whether the process with this PID is still the one that is meant. */
export function isSameProcess(system: LibSystem, { pid, birth }: ProcessIdentity): boolean {
  if (birth === UNKNOWN_BIRTH) return true;
  return (bsdInfo(system, pid)?.startMicroseconds ?? startOf(system, pid)) === birth;
}

/**
 * Send a signal to exactly this process; false when it is gone or may not be signalled. The kernel takes a PID alone:
 * its birth is compared right before.
 */
export function sendSignal(system: LibSystem, process: ProcessIdentity, signal: string): boolean {
  const number = signalNumber(signal);
  return number !== 0 && isSameProcess(system, process) && system.c.kill(process.pid, number) === 0;
}

/** Whether a process has ended, though nobody has waited for it, or is gone. */
export function isEnding(system: LibSystem, pid: number): boolean {
  const who = bsdInfo(system, pid);
  return who ? isDead(who.status) : !(startOf(system, pid) > 0);
}
