import { Raw, Total, TOTAL_COLUMNS } from "../../core/measure/raw.ts";
import { unknownReading } from "../../core/measure/reading.ts";
import type { Reading } from "../../core/measure/reading.ts";
import { DetailsPace } from "../../group/details_pace.ts";
import { GpuSampling } from "../../group/gpu.ts";
import type { GroupState, StartedCommand } from "../../group/group_state.ts";
import { Look } from "../../platform/mod.ts";
import type { ProcessReader } from "../../platform/mod.ts";
import { FiguresPace } from "./watched.ts";
import type { Watched } from "./watched.ts";

/** One process of a group, all its threads, without its children: those are the group's. */
export class WatchedProcess implements Watched {
  readonly reading: Reading = unknownReading();
  readonly memoryLimitBytes: number;
  readonly #figures = new FiguresPace();
  readonly #details = new Details();
  #gpu: GpuSampling | undefined;

  constructor(readonly state: GroupState, readonly started: StartedCommand) {
    this.memoryLimitBytes = state.tree.request.limits?.memoryBytes ?? Infinity;
    this.reading.processCount = 1;
  }

  startTimeMs(): number {
    return this.started.reader.startTimeMs;
  }

  look(nowMs: number, withGpu: boolean): void {
    const { reader, end } = this.started;
    if (!this.isOver()) {
      const figures = this.#figures.areDue(nowMs);
      reader.look(figures);
      this.#details.look(reader, nowMs, figures);
      if (withGpu) (this.#gpu ??= new GpuSampling(nowMs, true)).look([reader], this.reading, nowMs);
    }
    const { reading } = this;
    const { totals } = reading;
    const { row } = reader;
    OWN_COLUMNS.forEach((column, total) => totals[total] = row[column]);
    noteSwitches(reading, reader.hasFreshDetails);
    // Its own alone, and final once it has ended.
    totals[Total.cpuSeconds] = end?.cpuSeconds ?? reader.cpuSeconds;
    reading.knownPeakMemoryBytes = end?.peakMemoryBytes ?? row[Raw.peakMemoryBytes];
    if (end || reader.isZombie) return;
    if (row[Raw.memoryBytes] > 0) {
      reading.memoryBytes = reading.residentBytes = row[Raw.memoryBytes];
    }
    reading.threadCount = row[Raw.threadCount];
    reading.fileDescriptorCount = reader.hasFreshDetails ? row[Raw.fileDescriptorCount] : NaN;
  }

  isOver(): boolean {
    return this.started.end !== undefined || this.state.isClosed;
  }

  /** It is the group's. */
  release(): void {}
}

/** A process that others have started, all its threads, without its children; counted from now on. */
export class WatchedAlone implements Watched {
  readonly reading: Reading = unknownReading();
  readonly memoryLimitBytes = Infinity;
  readonly #before: Float64Array;
  readonly #figures = new FiguresPace();
  readonly #details = new Details();
  #gpu: GpuSampling | undefined;
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

  look(nowMs: number, withGpu: boolean): void {
    const { reader, reading } = this;
    const { row } = reader;
    if (!this.#isOver) {
      const figures = this.#figures.areDue(nowMs);
      if (reader.look(figures) === Look.gone) this.#isOver = true;
      else this.#details.look(reader, nowMs, figures);
      if (withGpu) (this.#gpu ??= new GpuSampling(nowMs, false)).look([reader], reading, nowMs);
    }
    OWN_COLUMNS.forEach((column, total) => {
      // A counter that could not be read at first counts for nothing.
      reading.totals[total] = row[column] - this.#before[column];
    });
    noteSwitches(reading, reader.hasFreshDetails);
    reading.knownPeakMemoryBytes = row[Raw.peakMemoryBytes];
    if (this.#isOver || reader.isZombie) return;
    if (row[Raw.memoryBytes] > 0) reading.memoryBytes = reading.residentBytes = row[Raw.memoryBytes];
    reading.threadCount = row[Raw.threadCount];
    reading.fileDescriptorCount = reader.hasFreshDetails ? row[Raw.fileDescriptorCount] : NaN;
  }

  isOver(): boolean {
    if (!this.#isOver) this.#isOver = this.reader.look(false) === Look.gone || this.reader.isZombie;
    return this.#isOver;
  }

  keeper(): ProcessReader | undefined {
    return this.#isOver || this.reader.isZombie ? undefined : this.reader;
  }

  release(): void {
    this.#isOver = true;
    this.reader.close();
  }
}

/** Reads a process's details at each look, as far as that is cheap. */
class Details {
  readonly #pace = new DetailsPace();

  look(reader: ProcessReader, nowMs: number, inAnyCase: boolean): void {
    if (reader.hasFreshDetails || !(inAnyCase || this.#pace.isDue(nowMs))) return;
    const started = performance.now();
    reader.lookAtDetails();
    this.#pace.spent(nowMs, performance.now() - started);
  }
}

function noteSwitches(reading: Reading, areFresh: boolean): void {
  reading.seenVoluntarySwitches = areFresh ? reading.totals[Total.voluntarySwitches] : NaN;
  reading.seenInvoluntarySwitches = areFresh ? reading.totals[Total.involuntarySwitches] : NaN;
}

/** The columns of a row that are a process's own, in the order of `Total`. */
const OWN_COLUMNS = TOTAL_COLUMNS.map(([own]) => own);
