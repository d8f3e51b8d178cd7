import type { GpuLedger } from "../core/measure/gpu/ledger.ts";
import { Raw } from "../core/measure/raw.ts";
import type { Reading } from "../core/measure/reading.ts";
import { loadGpus } from "../platform/mod.ts";
import type { GpuReader, ProcessReader } from "../platform/mod.ts";
import { DetailsPace } from "./details_pace.ts";

/** Two looks are no nearer than this: counters of drivers are coarse. */
const LEAST_MS = 10;

/** What processes do with GPUs: looked at as often as that is cheap, and once a second at least. */
export class GpuSampling {
  /** undefined until {@link ready}. */
  ledger: GpuLedger | undefined;
  /** Kept when what this takes is loaded, which only who asks for it needs; looks before that find nothing. */
  readonly ready: Promise<void>;
  #reader: GpuReader | undefined;
  readonly #pace = new DetailsPace();
  #lastMs = -Infinity;

  /**
   * @param startedMs when it begins to count, on the monotonic clock
   * @param countsAll whether all that the processes have used was used since then
   */
  constructor(startedMs: number, countsAll: boolean) {
    this.ready = this.#load(startedMs, countsAll);
  }

  async #load(startedMs: number, countsAll: boolean): Promise<void> {
    const [gpus, { GpuLedger }] = await Promise.all([loadGpus(), import("../core/measure/gpu/ledger.ts")]);
    this.ledger = new GpuLedger(startedMs, countsAll);
    this.#reader = gpus.openReader();
  }

  /** The sources that have told anything; empty as long as none has. */
  get sources(): readonly string[] {
    return this.#reader?.sources ?? [];
  }

  /** What is in the way of more; null where nothing is, or that is not known yet. */
  get obstacle(): string | null {
    return this.#reader?.obstacle ?? null;
  }

  /** Renew the GPU's figures of a reading and of its members, if it is time. */
  look(members: readonly ProcessReader[], reading: Reading, nowMs: number): void {
    const { ledger } = this;
    const reader = this.#reader;
    if (!reader || !ledger) return;
    reader.poll(nowMs);
    if (nowMs - this.#lastMs < LEAST_MS || !this.#pace.isDue(nowMs)) return;
    this.#lastMs = nowMs;
    const before = performance.now();
    const living = members.filter(({ isZombie }) => !isZombie);
    ledger.observe(reader.look(living.map(({ pid }) => pid), nowMs), nowMs);
    for (const { pid, row } of members) {
      const use = ledger.ofProcess(pid);
      row[Raw.gpuPercent] = use.percent;
      row[Raw.gpuMemoryBytes] = use.memoryBytes;
    }
    reading.gpuPercent = ledger.percent;
    reading.gpuMemoryBytes = ledger.memoryBytes;
    this.#pace.spent(nowMs, performance.now() - before);
  }
}
