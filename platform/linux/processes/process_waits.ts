import type { ProcessWaits } from "../../contract/processes.ts";
import { memoryWaitNanoseconds, memoryWaitObstacle } from "../events/task_delays.ts";
import { countsBlockWaits } from "../machine/machine_waits.ts";
import { readPiece, text } from "../proc/kernel_file.ts";
import { parseBlockIoTicks, parseRunQueueNanoseconds } from "../proc/proc_schedstat.ts";
import { TICKS_PER_SECOND } from "../proc/proc_stat.ts";
import { listDirectory } from "../sys/directory.ts";

/**
 * For how long one process was kept waiting. The kernel tells it of each thread, and of none that has ended: those are
 * remembered as they were seen last. Of a zombie the main thread's can be read until it is waited for.
 */
export class ProcessWaitsReader implements ProcessWaits {
  runQueueSeconds = NaN;
  blockIoSeconds = NaN;
  memoryWaitSeconds = NaN;
  readonly #pid: number;
  /** By thread; undefined as long as there was but one. */
  #threads: Map<string, ThreadWaits> | undefined;
  readonly #endedThreads: ThreadWaits = { runQueueNanoseconds: 0, blockIoTicks: 0, memoryWaitNanoseconds: 0 };

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** @param mayHaveThreads whether there may be other threads than the main one */
  read(mayHaveThreads: boolean): void {
    if (mayHaveThreads || this.#threads) return this.#readThreads();
    const main = readWaits(`/proc/${this.#pid}`, this.#pid);
    if (main) this.#take(main);
  }

  #readThreads(): void {
    const before = this.#threads ?? new Map<string, ThreadWaits>();
    const now = new Map<string, ThreadWaits>();
    for (const { name } of listDirectory(`/proc/${this.#pid}/task`)) {
      const waits = readWaits(`/proc/${this.#pid}/task/${name}`, Number(name));
      if (waits) now.set(name, waits);
    }
    // Gone for good, or for a moment out of our reach: what is known stays.
    if (now.size === 0) return;
    for (const [name, waits] of before) {
      const same = now.get(name);
      if (!same || same.runQueueNanoseconds < waits.runQueueNanoseconds) add(this.#endedThreads, waits);
    }
    this.#threads = now;
    const sum = { ...this.#endedThreads };
    for (const waits of now.values()) add(sum, waits);
    this.#take(sum);
  }

  #take({ runQueueNanoseconds, blockIoTicks, memoryWaitNanoseconds }: ThreadWaits): void {
    this.runQueueSeconds = runQueueNanoseconds / 1e9;
    this.blockIoSeconds = countsBlockWaits() ? blockIoTicks / TICKS_PER_SECOND : NaN;
    this.memoryWaitSeconds = memoryWaitObstacle() === null ? memoryWaitNanoseconds / 1e9 : NaN;
  }
}

/** As the kernel counts: sums of whole numbers do not fall by a rounding when their order changes. */
type ThreadWaits = { runQueueNanoseconds: number; blockIoTicks: number; memoryWaitNanoseconds: number };

function add(sum: ThreadWaits, waits: ThreadWaits): void {
  sum.runQueueNanoseconds += waits.runQueueNanoseconds;
  sum.blockIoTicks += waits.blockIoTicks;
  sum.memoryWaitNanoseconds += waits.memoryWaitNanoseconds;
}

/** What the kernel tells of the thread in a directory; null when it is gone, or the kernel keeps none of it. */
function readWaits(directory: string, threadId: number): ThreadWaits | null {
  if (!readPiece(`${directory}/schedstat`)) return null;
  const runQueueNanoseconds = parseRunQueueNanoseconds(text.bytes, text.length);
  if (Number.isNaN(runQueueNanoseconds)) return null;
  // A file more, only where it tells anything.
  const isTold = countsBlockWaits() && readPiece(`${directory}/stat`);
  const blockIoTicks = isTold ? parseBlockIoTicks(text.bytes, text.length) || 0 : 0;
  return { runQueueNanoseconds, blockIoTicks, memoryWaitNanoseconds: memoryWaitNanoseconds(threadId) || 0 };
}
