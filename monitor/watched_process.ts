import { Raw, Total, TOTAL_WIDTH } from "../core/raw.ts";
import { unknownReading } from "../core/reading.ts";
import type { Reading } from "../core/reading.ts";
import type { GroupState, StartedCommand } from "../group/group_state.ts";
import { Look } from "../platform/mod.ts";
import type { ProcessReader } from "../platform/mod.ts";
import { FIGURES_EVERY_MS } from "./watched.ts";
import type { Watched } from "./watched.ts";

/** One process of a group, all its threads, without its children: those are the group's. */
export class WatchedProcess implements Watched {
  readonly reading: Reading = unknownReading(new Float64Array(TOTAL_WIDTH).fill(NaN));
  readonly memoryLimitBytes: number;
  #figuresAtMs = -Infinity;

  constructor(readonly state: GroupState, readonly started: StartedCommand) {
    this.memoryLimitBytes = state.tree.request.limits?.memoryBytes ?? Infinity;
    this.reading.processCount = 1;
  }

  startTimeMs(): number {
    return this.started.reader.startTimeMs;
  }

  look(nowMs: number): void {
    const { reader, end } = this.started;
    if (!this.isOver()) {
      const figures = nowMs - this.#figuresAtMs >= FIGURES_EVERY_MS;
      reader.look(figures);
      if (figures) {
        this.#figuresAtMs = nowMs;
        reader.lookAtDetails();
      }
    }
    const { reading } = this;
    const { totals } = reading;
    const { row } = reader;
    OWN_COLUMNS.forEach((column, total) => totals[total] = row[column]);
    // Its own alone, and final once it has ended.
    totals[Total.cpuSeconds] = end?.cpuSeconds ?? reader.cpuSeconds;
    reading.knownPeakMemoryBytes = end?.peakMemoryBytes ?? row[Raw.peakMemoryBytes];
    if (end || reader.isZombie) return;
    if (row[Raw.memoryBytes] > 0) {
      reading.memoryBytes = reading.residentBytes = row[Raw.memoryBytes];
    }
    reading.threadCount = row[Raw.threadCount];
    reading.fileDescriptorCount = row[Raw.fileDescriptorCount];
  }

  isOver(): boolean {
    return this.started.end !== undefined || this.state.isClosed;
  }

  /** It is the group's. */
  release(): void {}
}

/** A process that others have started, all its threads, without its children; counted from now on. */
export class WatchedAlone implements Watched {
  readonly reading: Reading = unknownReading(new Float64Array(TOTAL_WIDTH).fill(NaN));
  readonly memoryLimitBytes = Infinity;
  readonly #before: Float64Array;
  #figuresAtMs = -Infinity;
  #isOver = false;

  constructor(readonly reader: ProcessReader) {
    reader.look(true);
    reader.lookAtDetails();
    this.#before = reader.row.slice();
    this.reading.processCount = 1;
  }

  startTimeMs(): number {
    return this.reader.startTimeMs;
  }

  look(nowMs: number): void {
    const { reader, reading } = this;
    const { row } = reader;
    if (!this.#isOver) {
      const figures = nowMs - this.#figuresAtMs >= FIGURES_EVERY_MS;
      if (reader.look(figures) === Look.gone) this.#isOver = true;
      else if (figures) {
        this.#figuresAtMs = nowMs;
        reader.lookAtDetails();
      }
    }
    OWN_COLUMNS.forEach((column, total) => {
      // A counter that could not be read at first counts for nothing.
      reading.totals[total] = row[column] - this.#before[column];
    });
    reading.knownPeakMemoryBytes = row[Raw.peakMemoryBytes];
    if (this.#isOver || reader.isZombie) return;
    if (row[Raw.memoryBytes] > 0) reading.memoryBytes = reading.residentBytes = row[Raw.memoryBytes];
    reading.threadCount = row[Raw.threadCount];
    reading.fileDescriptorCount = row[Raw.fileDescriptorCount];
  }

  isOver(): boolean {
    if (!this.#isOver) this.#isOver = this.reader.look(false) === Look.gone || this.reader.isZombie;
    return this.#isOver;
  }

  release(): void {
    this.#isOver = true;
    this.reader.close();
  }
}

/** The columns of a row that are a process's own, in the order of `Total`. */
const OWN_COLUMNS = [
  Raw.cpuSeconds,
  Raw.userSeconds,
  Raw.systemSeconds,
  Raw.minorFaults,
  Raw.majorFaults,
  Raw.ioReadBytes,
  Raw.ioWriteBytes,
  Raw.diskReadBytes,
  Raw.diskWriteBytes,
  Raw.voluntarySwitches,
  Raw.involuntarySwitches,
];
