import type { GpuProcess } from "../../../core/measure/gpu/observation.ts";
import { CallList } from "../sys/call_list.ts";
import { nvmlSession } from "./nvml_session.ts";
import type { NvmlAnswer } from "./nvml_session.ts";

/** The driver makes its own samples several times a second. */
const ASK_EVERY_MS = 500;
/** A driver that has not answered for so long tells nothing of now. */
const PATIENCE_MS = 3_000;
/** As long as it is being opened, answers are fetched between looks, too, where timers fire. */
const OPENING_MS = 20;
const NO_THREAD = "no thread can be started for NVML";

/**
 * NVIDIA's management library, asked by calls on a thread of their own: to initialize it may take a second, and a driver
 * in trouble may never answer. Nothing here waits. It stays open for the life of the program.
 */
export class Nvml {
  /** As of the last answer; null before the first. */
  #answer: NvmlAnswer | null = null;
  #answeredMs = NaN;
  readonly #calls = CallList.open();
  readonly #session = this.#calls && nvmlSession(this.#calls);
  #isOver = false;
  #isWaiting = false;
  #askedMs = -Infinity;

  /**
   * Take what has been answered, and ask on; at once.
   * @param nowMs on the monotonic clock
   */
  poll(nowMs: number): void {
    if (this.#isOver) return;
    if (!this.#calls || !this.#session) return this.#end(NO_THREAD);
    const results = this.#isWaiting ? this.#calls.results() : [];
    if (!results) return;
    const isReady = this.#answer?.state === "ready";
    if (!this.#isWaiting && isReady && nowMs - this.#askedMs < ASK_EVERY_MS) return;
    this.#isWaiting = false;
    const { value, done } = this.#session.next(results);
    if (done || !Array.isArray(value)) {
      this.#answer = value as NvmlAnswer;
      this.#answeredMs = nowMs;
      this.#isOver = done === true;
      return;
    }
    this.#askedMs = nowMs;
    this.#isWaiting = this.#calls.start(value);
    if (!this.#isWaiting) return this.#end(NO_THREAD);
    if (this.#answer === null) this.#pollSoon();
  }

  #pollSoon(): void {
    setTimeout(() => {
      if (this.#answer !== null) return;
      this.poll(performance.now());
      if (this.#isWaiting) this.#pollSoon();
    }, OPENING_MS).unref();
  }

  /** How far it has come; null while it is still being opened. */
  get state(): NvmlAnswer["state"] | null {
    return this.#answer?.state ?? null;
  }

  /** How many devices it has. */
  get deviceCount(): number {
    return this.#answer?.state === "ready" ? this.#answer.deviceCount : 0;
  }

  /** Why there is none, in words; null where there is, or that is not known yet. */
  get obstacle(): string | null {
    return this.#answer && this.#answer.state !== "ready" ? this.#answer.obstacle : null;
  }

  /** What each process of the machine does, as of the last answer; null where there is none that is of now. */
  processes(nowMs: number): readonly GpuProcess[] | null {
    if (this.#answer?.state !== "ready" || this.unansweredSeconds(nowMs) !== null) return null;
    return nowMs - this.#answeredMs <= PATIENCE_MS + ASK_EVERY_MS ? this.#answer.processes : null;
  }

  /** For how long a question has been waiting for its answer, where that is too long; null else. */
  unansweredSeconds(nowMs: number): number | null {
    const waitedMs = this.#isWaiting ? nowMs - this.#askedMs : 0;
    return waitedMs > PATIENCE_MS ? Math.round(waitedMs / 1_000) : null;
  }

  #end(obstacle: string): void {
    this.#answer = { state: "failed", obstacle };
    this.#isOver = true;
  }
}
