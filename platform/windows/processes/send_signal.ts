import type { ProcessIdentity } from "../../contract/lookup.ts";
import { signalNumber } from "../signals.ts";
import { kernel32, ntdll } from "../sys/libraries.ts";
import { exitCodeFor } from "./children.ts";
import { hasEnded, heldProcess } from "./held.ts";

const CTRL_BREAK_EVENT = 1;
/** Those that ask a program to end. */
const ASKING = ["SIGINT", "SIGBREAK", "SIGHUP", "SIGTERM", "SIGQUIT"];

/**
 * Do to a process what a signal stands for; false when it is gone, or that cannot be done. Only one that leads a group
 * of our console can be asked to end, by Ctrl-Break: any other is ended by what would ask it, as Node has it.
 */
export function sendSignal({ pid }: ProcessIdentity, signal: string): boolean {
  const process = heldProcess(pid);
  if (!process || hasEnded(process)) return false;
  if (signal === "SIGSTOP") return ntdll().NtSuspendProcess(process.handle) === 0;
  if (signal === "SIGCONT") return ntdll().NtResumeProcess(process.handle) === 0;
  if (ASKING.includes(signal) && process.leadsGroup) {
    if (kernel32().GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, pid) !== 0) return true;
  }
  if (!ASKING.includes(signal) && signal !== "SIGKILL") return false;
  const number = signalNumber(signal);
  process.endedBySignal = number;
  return kernel32().TerminateProcess(process.handle, exitCodeFor(number)) !== 0;
}
