import { livingThread } from "../processes/living_thread.ts";
import { integerAfter, key } from "./bytes.ts";
import { readFile, text } from "./kernel_file.ts";

const PSS = key("Pss:");

/**
 * Proportional set size in bytes from `/proc/PID/smaps_rollup` (Documentation/filesystems/proc.rst); NaN when it
 * cannot be read. Dear: the kernel walks all pages of the process, and keeps it from changing its mappings meanwhile.
 */
export function pssBytes(pid: number): number {
  const own = read(`/proc/${pid}`);
  if (!Number.isNaN(own)) return own;
  const thread = livingThread(`/proc/${pid}`);
  return thread ? read(thread.directory) : NaN;
}

function read(directory: string): number {
  return readFile(`${directory}/smaps_rollup`) ? parseSmapsRollup(text.bytes, text.length) : NaN;
}

/** The line `Pss:    1234 kB`; NaN when there is none, as for a process that is ending. */
export function parseSmapsRollup(bytes: Uint8Array, length: number): number {
  return integerAfter(bytes, 0, length, PSS) * 1_024;
}
