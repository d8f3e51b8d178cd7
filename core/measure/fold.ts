import { larger } from "./numbers.ts";
import type { Reading } from "./reading.ts";
import type { Folding } from "./sampler.ts";

/** What a summary knows beyond the final totals: maxima and means, folded from one reading after another. */
export class Fold implements Folding {
  sampleCount = 0;
  maxCpuPercent = NaN;
  /** The highest simultaneous sum seen. */
  peakMemoryBytes = NaN;
  /** The highest sum of resident memory seen. */
  peakResidentBytes = NaN;
  /** The highest sum of proportional set sizes seen. */
  peakPssBytes = NaN;
  peakProcessCount = 0;
  peakThreadCount = NaN;
  #memoryTime = 0;
  #weightedSeconds = 0;
  #lastMemory = NaN;
  #lastElapsed = 0;

  /**
   * Take a reading into account.
   * @param elapsedSeconds since the start, never less than at the reading before
   */
  observe(reading: Reading, elapsedSeconds: number): void {
    // Nobody needs no memory: 0 is a tree of zombies.
    this.peakMemoryBytes = larger(this.peakMemoryBytes, reading.memoryBytes || NaN);
    this.peakMemoryBytes = larger(this.peakMemoryBytes, reading.knownPeakMemoryBytes);
    this.peakResidentBytes = larger(this.peakResidentBytes, reading.residentBytes || NaN);
    this.peakPssBytes = larger(this.peakPssBytes, reading.pssBytes);
    this.peakProcessCount = Math.max(this.peakProcessCount, reading.processCount);
    this.peakThreadCount = larger(this.peakThreadCount, reading.threadCount);
    this.#weighMemory(reading.memoryBytes || NaN, elapsedSeconds);
  }

  /** Take the CPU rate of one sample interval into account; NaN where it is unknown. */
  observeRate(cpuPercent: number): void {
    this.sampleCount++;
    this.maxCpuPercent = larger(this.maxCpuPercent, cpuPercent);
  }

  /**
   * Take samples into account between which nothing has moved since the last {@link observe}.
   * @param elapsedSeconds since the start, at the last of them
   * @param cpuPercent in each of their intervals; NaN where it is unknown
   */
  stand(count: number, elapsedSeconds: number, cpuPercent: number): void {
    this.sampleCount += count;
    this.maxCpuPercent = larger(this.maxCpuPercent, cpuPercent);
    this.#weighMemory(NaN, elapsedSeconds);
  }

  /** Mean memory over the time observed, by the trapezoid between readings; NaN when memory was never known. */
  get avgMemoryBytes(): number {
    return this.#weightedSeconds > 0 ? this.#memoryTime / this.#weightedSeconds : this.#lastMemory;
  }

  #weighMemory(memoryBytes: number, elapsedSeconds: number): void {
    const between = elapsedSeconds - this.#lastElapsed;
    const before = Number.isNaN(this.#lastMemory) ? memoryBytes : this.#lastMemory;
    const mean = (before + (Number.isNaN(memoryBytes) ? before : memoryBytes)) / 2;
    if (mean === mean && between > 0) {
      this.#memoryTime += mean * between;
      this.#weightedSeconds += between;
    }
    if (!Number.isNaN(memoryBytes)) this.#lastMemory = memoryBytes;
    this.#lastElapsed = elapsedSeconds;
  }
}
