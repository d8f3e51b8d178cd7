import type { ProcessCounts } from "../../contract/host.ts";
import { cursor, nextInteger } from "../proc/bytes.ts";
import { readPiece, text } from "../proc/kernel_file.ts";
import { listDirectory } from "../sys/directory.ts";
import { livingThread } from "./living_thread.ts";

const CLOSING_PARENTHESIS = 41;
/** Fields of /proc/PID/stat from the parent's PID (4) to the number of threads (20). */
const FIELDS_TO_THREADS = 17;

/** State and threads of one process. */
export interface ProcessState {
  /** `R`, `S`, `D`, `T`, `t`, `Z`, `I`, `X` … */
  readonly state: string;
  readonly threads: number;
}

/**
 * The state letter and the number of threads in /proc/PID/stat (proc_pid_stat(5)), which is `bytes[0, length)`; null
 * when it is cut short. The name may hold parentheses: fields are counted from the last one.
 */
export function parseProcessState(bytes: Uint8Array, length: number): ProcessState | null {
  let at = length - 1;
  while (at > 0 && bytes[at] !== CLOSING_PARENTHESIS) at--;
  if (at <= 0 || at + 2 >= length) return null;
  cursor.at = at + 3;
  let threads = NaN;
  for (let field = 0; field < FIELDS_TO_THREADS; field++) threads = nextInteger(bytes, cursor.at, length);
  return Number.isNaN(threads) ? null : { state: String.fromCharCode(bytes[at + 2]), threads };
}

/**
 * Count all processes by state in one pass over /proc; null when it cannot be read, or holds no process.
 *
 * Sleeping are those in `S` and, since they wait as well, in `D` (uninterruptible) and `I` (idle kernel threads).
 * Processes that end while we look are left out. `blocked` is the caller's to fill in.
 */
export function countProcesses(proc: string): Record<Exclude<keyof ProcessCounts, "blocked">, number> | null {
  const counts = { running: 0, sleeping: 0, stopped: 0, zombie: 0, threads: 0 };
  let seen = 0;
  for (const { name } of listDirectory(proc)) {
    if (!isNumber(name)) continue;
    let process = readState(`${proc}/${name}/stat`);
    if (!process) continue;
    if (process.state === "Z" && process.threads > 1) process = ofThread(`${proc}/${name}`, process);
    seen++;
    counts.threads += process.threads;
    if (process.state === "R") counts.running++;
    else if (process.state === "T" || process.state === "t") counts.stopped++;
    else if (process.state === "Z") counts.zombie++;
    else if (process.state !== "X" && process.state !== "x") counts.sleeping++;
  }
  return seen > 0 ? counts : null;
}

function readState(path: string): ProcessState | null {
  return readPiece(path) ? parseProcessState(text.bytes, text.length) : null;
}

/** A process whose main thread has ended does what its others do. */
function ofThread(directory: string, process: ProcessState): ProcessState {
  const thread = livingThread(directory);
  return thread ? { ...process, state: String.fromCharCode(thread.state) } : process;
}

function isNumber(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 48 && first <= 57;
}
