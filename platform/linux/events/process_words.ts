import type { ProcessWords } from "../../contract/process_events.ts";
import { decode } from "../proc/decode.ts";
import { readPiece, text } from "../proc/kernel_file.ts";
import { readLink } from "../sys/read_link.ts";

/** Longer command lines are cut off here, in bytes: a linker's has a megabyte. */
export const LONGEST_COMMAND = 4_096;
/** What the kernel puts behind the path of a file that is gone (proc_pid_exe(5)). */
const DELETED = " (deleted)";

/** What a living process is called: proc_pid_comm(5), proc_pid_exe(5), proc_pid_cmdline(5). */
export function processWords(pid: number): ProcessWords {
  const directory = `/proc/${pid}`;
  const command = readPiece(`${directory}/cmdline`) && text.length > 0
    ? joinedArguments(text.bytes, 0, text.length)
    : null;
  // A zombie has no arguments; whatever else it has is known by then.
  if (command === null) return { name: null, executable: null, command };
  const name = readPiece(`${directory}/comm`) ? decode(text.bytes, 0, Math.max(0, text.length - 1)) : null;
  const executable = readLink(`${directory}/exe`);
  return {
    name,
    executable: executable?.endsWith(DELETED) ? executable.slice(0, -DELETED.length) : executable ?? null,
    command,
  };
}

/**
 * Arguments, each ended by a NUL, as one line.
 * @param at where in the bytes they begin
 * @param length how many bytes there are, all told: what is beyond {@link LONGEST_COMMAND} is not looked at
 */
export function joinedArguments(bytes: Uint8Array, at: number, length: number): string {
  const end = length <= LONGEST_COMMAND && bytes[at + length - 1] === 0 ? length - 1 : length;
  const shown = Math.min(end, LONGEST_COMMAND);
  const words = decode(bytes, at, at + shown).replaceAll("\0", " ");
  return end > shown ? `${words}…` : words;
}
