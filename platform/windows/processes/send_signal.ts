import type { ProcessIdentity } from "../../contract/lookup.ts";
import { signalNumber } from "../signals.ts";
import { closeHandle } from "../sys/close.ts";
import { kernel32, ntdll } from "../sys/libraries.ts";
import { exitCodeFor } from "./children.ts";
import { hasEnded, heldProcess } from "./held.ts";
import type { HeldProcess } from "./held.ts";
import { openToAct } from "./open_process.ts";

const CTRL_BREAK_EVENT = 1;
/** Those that ask a program to end. */
const ASKING = ["SIGINT", "SIGBREAK", "SIGHUP", "SIGTERM", "SIGQUIT"];

/**
 * Do to a process what a signal stands for; false when it is gone, or that cannot be done. Only one that leads a group
 * of our console can be asked to end, by Ctrl-Break: any other is ended by what would ask it, as Node has it.
 */
export function sendSignal(process: ProcessIdentity, signal: string): boolean {
  const held = heldProcess(process.pid);
  if (held) return !hasEnded(held) && signalHeld(held, signal);
  const handle = openToAct(process.pid, process.birth);
  if (handle === 0) return false;
  const stranger = { pid: process.pid, handle, leadsGroup: false, endedBySignal: null };
  const isDone = !hasEnded(stranger) && signalHeld(stranger, signal);
  closeHandle(handle);
  return isDone;
}

function signalHeld(process: HeldProcess, signal: string): boolean {
  if (signal === "SIGSTOP") return ntdll().NtSuspendProcess(process.handle) === 0;
  if (signal === "SIGCONT") return ntdll().NtResumeProcess(process.handle) === 0;
  if (ASKING.includes(signal) && process.leadsGroup) {
    if (kernel32().GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, process.pid) !== 0) return true;
  }
  if (!ASKING.includes(signal) && signal !== "SIGKILL") return false;
  const number = signalNumber(signal);
  process.endedBySignal = number;
  return kernel32().TerminateProcess(process.handle, exitCodeFor(number)) !== 0;
}
