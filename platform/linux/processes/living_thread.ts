import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { readPiece, text } from "../proc/kernel_file.ts";
import { PAGE_SIZE } from "../proc/page_size.ts";
import { emptyProcStat, parseProcStat, ZOMBIE } from "../proc/proc_stat.ts";
import { listDirectory } from "../sys/directory.ts";

const stat = emptyProcStat();
const row = unknownRow();

/** A thread that tells of its process, as /proc/PID/task/TID/stat has it. */
export interface LivingThread {
  /** Where its files are. */
  readonly directory: string;
  /** Resident memory of the process. */
  readonly memoryBytes: number;
  /** What it does, as a letter's code. */
  readonly state: number;
}

/**
 * A thread of a process whose main thread has ended (pthread_exit(3)): /proc/PID tells of that one, which has no
 * memory, files or arguments any more, and is called a zombie. null when no thread is left.
 *
 * @param process its directory, such as `/proc/4711`
 * @param known the directory of the thread that was found last, which is tried first
 */
export function livingThread(process: string, known = ""): LivingThread | null {
  const found = look(known);
  if (found) return found;
  for (const { name } of listDirectory(`${process}/task`)) {
    const thread = look(`${process}/task/${name}`);
    if (thread) return thread;
  }
  return null;
}

function look(directory: string): LivingThread | null {
  if (directory === "" || !readPiece(`${directory}/stat`)) return null;
  if (!parseProcStat(text.bytes, text.length, PAGE_SIZE, stat, row) || stat.state === ZOMBIE) return null;
  return { directory, memoryBytes: row[Raw.memoryBytes], state: stat.state };
}
