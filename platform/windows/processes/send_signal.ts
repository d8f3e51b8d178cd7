import type { ProcessIdentity } from "../../contract/lookup.ts";
import { signalNumber } from "../signals.ts";
import { closeHandle } from "../sys/close.ts";
import { kernel32, ntdll } from "../sys/libraries.ts";
import { exitCodeFor } from "./children.ts";
import { closeWindows } from "./close_windows.ts";
import { hasEnded, heldProcess } from "./held.ts";
import type { HeldProcess } from "./held.ts";
import { openToAct } from "./open_process.ts";
import { processSnapshot } from "./snapshot.ts";

const CTRL_BREAK_EVENT = 1;
/** Those that ask a program to end. */
const ASKING = ["SIGINT", "SIGBREAK", "SIGHUP", "SIGTERM", "SIGQUIT"];

/** Who has started whom is not followed further. */
const MOST_STEPS = 64;

/**
 * Do to a process what a signal stands for; false when it is gone, or that cannot be done. One that leads a group of
 * our console can be asked to end by Ctrl-Break, one that has windows by closing them, and what such a one has started
 * is its matter: any other is ended by what would ask it, as Node has it.
 */
export function sendSignal(process: ProcessIdentity, signal: string): boolean {
  const held = heldProcess(process.pid);
  if (held) return !hasEnded(held) && signalHeld(held, signal);
  const handle = openToAct(process.pid, process.birth);
  if (handle === 0) return false;
  const stranger = { pid: process.pid, handle, leadsGroup: false, isAsked: false, endedBySignal: null };
  const isDone = !hasEnded(stranger) && signalHeld(stranger, signal);
  closeHandle(handle);
  return isDone;
}

function signalHeld(process: HeldProcess, signal: string): boolean {
  if (signal === "SIGSTOP") return ntdll().NtSuspendProcess(process.handle) === 0;
  if (signal === "SIGCONT") return ntdll().NtResumeProcess(process.handle) === 0;
  if (ASKING.includes(signal) && (ask(process) || isAskedAbove(process.pid))) return true;
  if (!ASKING.includes(signal) && signal !== "SIGKILL") return false;
  const number = signalNumber(signal);
  process.endedBySignal = number;
  return kernel32().TerminateProcess(process.handle, exitCodeFor(number)) !== 0;
}

function ask(process: HeldProcess): boolean {
  const hasHeard = process.leadsGroup &&
    kernel32().GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, process.pid) !== 0;
  const isAsked = closeWindows(process.pid) > 0 || hasHeard;
  process.isAsked ||= isAsked;
  return isAsked;
}

/** Whether one of those that we hold, and that it descends from, was asked. */
function isAskedAbove(pid: number): boolean {
  for (let [above, steps] = [pid, 0]; steps < MOST_STEPS; steps++) {
    const entry = processSnapshot.find(above);
    if (entry === undefined) return false;
    above = processSnapshot.parentPid(entry);
    const parent = heldProcess(above);
    if (parent === undefined) return false;
    if (parent.isAsked && !hasEnded(parent)) return true;
  }
  return false;
}
