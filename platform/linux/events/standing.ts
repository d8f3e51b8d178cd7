import { addFigures, unknownFigures } from "../../../core/measure/process_figures.ts";
import type { ProcessFigures } from "../../../core/measure/process_figures.ts";
import type { EarlierProcess, LivingUse } from "../../../core/measure/process_sources.ts";
import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { nodeFs } from "../../../io/builtins.ts";
import { nextInteger } from "../proc/bytes.ts";
import { readFile, readPiece, text, textAsString } from "../proc/kernel_file.ts";
import { parseProcIo } from "../proc/proc_io.ts";
import { TICKS_PER_SECOND } from "../proc/proc_stat.ts";
import { parseProcStatus } from "../proc/proc_status.ts";
import { bootClockMs } from "../processes/cpu_clock.ts";
import { listDirectory } from "../sys/directory.ts";
import { processWords } from "./process_words.ts";

/** PF_FORKNOEXEC (include/linux/sched.h): it has executed nothing since its birth. */
const FORK_ONLY = 0x40;
const NS_PER_TICK = 1e9 / TICKS_PER_SECOND;
const OVER = ["Z", "X"];
const row = unknownRow();

/**
 * A process that lives, and what its threads have used each for itself (proc_pid_task(5)): of the process, its own
 * file of I/O has that of children it has waited for as well, and all of them that of threads that have ended. Null
 * when it is over.
 * @param nowNs the monotonic clock now
 */
export function standingProcess(pid: number, nowNs: number): EarlierProcess | null {
  const living = readLiving(pid, nowNs);
  if (!living) return null;
  const { stat, ...more } = living;
  return {
    pid,
    parentPid: Number(stat[1]), // field 4
    birth: Number(stat[19]), // 22
    isForkOnly: (Number(stat[6]) & FORK_ONLY) !== 0, // 9
    ...more,
    ...processWords(pid),
  };
}

/** As {@link standingProcess}, without what the process is called. */
export function livingUse(pid: number, nowNs: number): LivingUse | null {
  return readLiving(pid, nowNs);
}

/** Its file of state as well. */
interface Living extends LivingUse {
  readonly stat: readonly string[];
  readonly threadIds: readonly number[];
}

function readLiving(pid: number, nowNs: number): Living | null {
  if (!readFile(`/proc/${pid}/stat`)) return null;
  const stat = statFields();
  const bornBootNs = Number(stat[19]) * NS_PER_TICK; // field 22
  const startNs = nowNs - Math.max(0, bootClockMs() * 1e6 - bornBootNs);
  const threadIds: number[] = [];
  const used = unknownFigures();
  for (const { name: id } of listDirectory(`/proc/${pid}/task`)) {
    const thread = threadFigures(`/proc/${pid}/task/${id}`);
    if (!thread) continue;
    threadIds.push(Number(id));
    addFigures(used, thread);
  }
  // Who lies there to be waited for has no thread any more.
  if (threadIds.length === 0) return null;
  return { stat, startNs, executableId: executableId(pid), threadIds, used };
}

/** As taskstats have it. */
function executableId(pid: number): string | null {
  try {
    const { dev, ino } = nodeFs().statSync(`/proc/${pid}/exe`);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** What one thread has used; null when it has ended. */
function threadFigures(directory: string): ProcessFigures | null {
  if (!readFile(`${directory}/stat`)) return null;
  const stat = statFields();
  if (OVER.includes(stat[0])) return null;
  const figures = unknownFigures();
  figures.minorFaults = Number(stat[7]); // field 10
  figures.majorFaults = Number(stat[9]); // 12
  figures.tickedSeconds = (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND; // 14, 15
  // Nanoseconds on a processor; the kernel may be built without.
  const onCpuNs = readFile(`${directory}/schedstat`) ? nextInteger(text.bytes, 0, text.length) : NaN;
  figures.cpuSeconds = onCpuNs > 0 ? onCpuNs / 1e9 : figures.tickedSeconds;
  row.fill(NaN);
  if (readPiece(`${directory}/status`)) parseProcStatus(text.bytes, text.length, row);
  if (readFile(`${directory}/io`)) parseProcIo(text.bytes, text.length, row);
  figures.peakMemoryBytes = row[Raw.peakMemoryBytes];
  figures.voluntarySwitches = row[Raw.voluntarySwitches];
  figures.involuntarySwitches = row[Raw.involuntarySwitches];
  figures.ioReadBytes = row[Raw.ioReadBytes];
  figures.ioWriteBytes = row[Raw.ioWriteBytes];
  figures.diskReadBytes = row[Raw.diskReadBytes];
  figures.diskWriteBytes = row[Raw.diskWriteBytes];
  return figures;
}

/** Fields of the stat file that was read last, from the third on: those before may hold blanks. */
function statFields(): string[] {
  const stat = textAsString();
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
