import { Raw } from "../../../core/measure/raw.ts";
import { cursor, hexadecimalAfter, integerAfter, key } from "./bytes.ts";

const VM_HWM = key("VmHWM:");
const THREADS = key("Threads:");
const VOLUNTARY = key("voluntary_ctxt_switches:");
const INVOLUNTARY = key("nonvoluntary_ctxt_switches:");

/**
 * Parse `/proc/PID/status` (proc_pid_status(5)) into the peak, the threads and the context switches of a row.
 *
 * The peak is absent for zombies and kernel threads. The switches are those of the one thread the file
 * belongs to, not of the process.
 */
export function parseProcStatus(bytes: Uint8Array, length: number, row: Float64Array): boolean {
  const peak = integerAfter(bytes, 0, length, VM_HWM);
  if (!Number.isNaN(peak)) row[Raw.peakMemoryBytes] = peak * 1024;
  const behindPeak = Number.isNaN(peak) ? 0 : cursor.at;
  const threads = integerAfter(bytes, behindPeak, length, THREADS);
  const voluntary = integerAfter(bytes, Number.isNaN(threads) ? behindPeak : cursor.at, length, VOLUNTARY);
  const involuntary = integerAfter(bytes, cursor.at, length, INVOLUNTARY);
  if (Number.isNaN(involuntary)) return false;
  if (threads > 0) row[Raw.threadCount] = threads;
  row[Raw.voluntarySwitches] = voluntary;
  row[Raw.involuntarySwitches] = involuntary;
  return true;
}

const SIGNALS_IGNORED = key("SigIgn:");
const SIGCHLD_BIT = 1 << 16;

/** Whether SIGCHLD is ignored (bit 16 of the mask `SigIgn`): ended children are dropped, accounts and all. */
export function ignoresChildren(bytes: Uint8Array, length: number): boolean {
  return (hexadecimalAfter(bytes, length, SIGNALS_IGNORED) & SIGCHLD_BIT) !== 0;
}
