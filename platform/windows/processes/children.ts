import { Raw } from "../../../core/measure/raw.ts";
import { ProctorError } from "../../../core/error.ts";
import type { ChildExit } from "../../contract/children.ts";
import type { ProcessReader } from "../../contract/processes.ts";
import { signalNumber } from "../signals.ts";
import { exitCodeOf, readFinalAccounts } from "./final_accounts.ts";
import { endedProcesses, hasEnded, heldProcess } from "./held.ts";
import { WindowsProcessReader } from "./process_reader.ts";
import { checkTimes } from "./told_times.ts";

/** STATUS_CONTROL_C_EXIT: what a console program ends with that does nothing about Ctrl-C or Ctrl-Break. */
const ENDED_BY_CTRL_C = 0xc000013a;

/** A process that we have just started. */
export function openChild(pid: number): WindowsProcessReader {
  const reader = WindowsProcessReader.open(pid);
  if (!reader) throw new ProctorError("system", `process ${pid} has vanished while it was started`);
  checkTimes(reader.held.handle);
  return reader;
}

/** The number of an ended process that is held, or 0. */
export function endedChild(): number {
  return endedProcesses(1)[0] ?? 0;
}

/** The numbers of all such. */
export function endedChildren(): number[] {
  return endedProcesses();
}

/** Whether a process is held. */
export function isChild(pid: number): boolean {
  return heldProcess(pid) !== undefined;
}

/** Whether a held process has ended. */
export function hasChildEnded(pid: number): boolean {
  const process = heldProcess(pid);
  return process !== undefined && hasEnded(process);
}

/** Read the last accounts of an ended process; null when it has not ended. */
export function reap(reader: ProcessReader): ChildExit | null {
  if (!(reader instanceof WindowsProcessReader) || !hasEnded(reader.held)) return null;
  const { held, row } = reader;
  reader.isZombie = true;
  readFinalAccounts(held.handle, row);
  reader.cpuSeconds = row[Raw.cpuSeconds];
  const code = exitCodeOf(held.handle);
  const signal = endingSignal(code, held.endedBySignal);
  return {
    pid: held.pid,
    exitCode: signal === null ? code : null,
    signal,
    row,
    largestProcessBytes: row[Raw.peakMemoryBytes],
    peakIsOwn: true,
  };
}

/**
 * Windows tells how a process ended by its exit code alone: a signal is what we have ended it in the name of, as the
 * code says that goes with it, or Ctrl-C.
 */
function endingSignal(code: number, endedBy: number | null): number | null {
  if (endedBy !== null && code === exitCodeFor(endedBy)) return endedBy;
  return code === ENDED_BY_CTRL_C ? signalNumber("SIGINT") : null;
}

/** What a process is given for an exit code that is ended in the name of a signal: as a shell tells of one. */
export function exitCodeFor(signal: number): number {
  return 128 + signal;
}
