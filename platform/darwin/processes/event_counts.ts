import { unknownCounts } from "../../contract/counters.ts";
import type { Counts, TreeCounters } from "../../contract/counters.ts";
import type { RusageInfo } from "../layout/rusage_info.ts";
import { ticksPerSecond } from "../sys/clock.ts";
import type { LibSystem } from "../sys/libsystem.ts";

/** What was counted of a process, as it was seen last. */
interface Counted {
  readonly instructions: number;
  readonly cycles: number;
  readonly cpuTicks: number;
}
/** By the number of a process that is given once. */
type Seen = Map<number, Counted>;

/** As long as anybody counts: what all readers see. */
const books = new WeakMap<LibSystem, { readonly seen: Seen; users: number }>();

/** Note what was seen of a process, where anybody counts. */
export function noteEvents(system: LibSystem, uniqueId: number, usage: RusageInfo): void {
  const book = books.get(system);
  if (!book) return;
  const { instructions, cycles, userTicks, systemTicks } = usage;
  book.seen.set(uniqueId, { instructions, cycles, cpuTicks: userTicks + systemTicks });
}

const SEEN_LAST =
  "libproc reports them per process: of one that ended between two samples, what was seen last";
const FROM_OUTSIDE = "libproc counts from a process's start, which was before the first sample";

/**
 * CPU time, instructions and cycles of a tree, by what libproc tells of each process (proc_pid_rusage); nothing else.
 */
export class MemberCounters implements TreeCounters {
  readonly source: "libproc" | null;
  readonly includesKernel = true;
  readonly obstacle: string;
  readonly hasHardware = true;
  readonly hardwareObstacle = null;
  readonly advice = null;
  readonly gap = null;
  readonly #system: LibSystem;
  readonly #members = new Set<number>();
  readonly #ended: Record<keyof Counted, number> = { instructions: 0, cycles: 0, cpuTicks: 0 };

  /** @param isOurs whether the tree was started here */
  constructor(system: LibSystem, isOurs: boolean) {
    this.#system = system;
    this.source = isOurs ? "libproc" : null;
    this.obstacle = isOurs ? SEEN_LAST : FROM_OUTSIDE;
    const book = books.get(system) ?? { seen: new Map(), users: 0 };
    book.users++;
    books.set(system, book);
  }

  /** A process is of the tree. */
  add(uniqueId: number): void {
    this.#members.add(uniqueId);
  }

  /** It has ended, and nothing of it will be seen any more. */
  settle(uniqueId: number): void {
    const seen = books.get(this.#system)?.seen;
    addTo(this.#ended, seen?.get(uniqueId));
    seen?.delete(uniqueId);
    this.#members.delete(uniqueId);
  }

  read(): Counts {
    const counts = unknownCounts();
    const seen = books.get(this.#system)?.seen;
    if (!seen || this.source === null) return counts;
    const sum = { ...this.#ended };
    for (const uniqueId of this.#members) addTo(sum, seen.get(uniqueId));
    counts.taskClockSeconds = sum.cpuTicks / ticksPerSecond(this.#system);
    // In a virtual machine the processor counts nothing.
    counts.instructions = sum.instructions || NaN;
    counts.cycles = sum.cycles || NaN;
    counts.runningShare = 1;
    return counts;
  }

  /** Count no more. */
  close(): void {
    const book = books.get(this.#system);
    if (!book) return;
    for (const uniqueId of this.#members) book.seen.delete(uniqueId);
    if (--book.users === 0) books.delete(this.#system);
  }
}

function addTo(sum: Record<keyof Counted, number>, one: Counted | undefined): void {
  if (!one) return;
  sum.instructions += one.instructions;
  sum.cycles += one.cycles;
  sum.cpuTicks += one.cpuTicks;
}
