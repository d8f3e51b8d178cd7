/** What is overdue by so much was ended in a way that is not seen here, or the program was kept from its loop. */
const FORGOTTEN_AFTER_MS = 100;
/** The runtime's clock of timers and ours differ by a part of a millisecond: what is due then is due by both. */
const SLACK_MS = 0.5;

type Timers = Pick<
  typeof globalThis,
  "setTimeout" | "setInterval" | "setImmediate" | "clearTimeout" | "clearInterval" | "clearImmediate"
>;
type Call = (...args: unknown[]) => void;

/** What a timer of the runtime does itself; a runtime may give out numbers that do nothing. */
interface Timer {
  refresh?(): unknown;
  close?(): unknown;
  [Symbol.dispose]?(): void;
}

/**
 * The timers of a program that owns its event loop, which no library does: whoever stands still in the kernel meanwhile
 * has to know when the next one is due. They stay the runtime's own; noted down is when each of them fires, be it put
 * off: the runtime does that for every piece that comes by a socket with a timeout. Those that the runtime makes for
 * itself are not known.
 */
export class KnownTimers {
  /** As the runtime has made them: for who waits without being waited for. */
  readonly own: Timers;
  readonly #dueMs = new Map<unknown, number>();
  readonly #immediates = new Set<unknown>();
  /** When the first of them is due; -Infinity: that is to be found out. */
  #firstMs = Infinity;

  private constructor(readonly global: Timers) {
    const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = global;
    this.own = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  }

  /** Note down every timer that the program makes from now on. To be called once, by who owns the program. */
  static takeOver(global: Timers = globalThis): KnownTimers {
    const timers = new KnownTimers(global);
    timers.#replace();
    return timers;
  }

  /** When the next timer is due, on the clock of `performance.now()`; -Infinity: now, Infinity: there is none. */
  nextMs(nowMs: number): number {
    if (this.#immediates.size > 0) return -Infinity;
    if (this.#firstMs > nowMs) return this.#firstMs;
    let first = Infinity;
    for (const [timer, dueMs] of this.#dueMs) {
      if (dueMs < first) first = dueMs;
      // The event loop has one more turn, in which it fires if it is still to fire.
      if (dueMs < nowMs - FORGOTTEN_AFTER_MS) this.#dueMs.delete(timer);
    }
    return this.#firstMs = first;
  }

  /** How many are set. */
  get size(): number {
    return this.#dueMs.size + this.#immediates.size;
  }

  /** Leave the program its timers as the runtime has made them. */
  giveBack(): void {
    Object.assign(this.global, this.own);
    this.#dueMs.clear();
    this.#immediates.clear();
  }

  #replace(): void {
    const { own } = this;
    const setTimeout = (call: Call, ms?: number, ...args: unknown[]) => {
      const timer = own.setTimeout(() => {
        this.#forget(timer);
        call.apply(timer, args);
      }, ms);
      this.#note(timer, ms);
      this.#heed(timer, ms);
      return timer;
    };
    const setInterval = (call: Call, ms?: number, ...args: unknown[]) => {
      const timer = own.setInterval(() => {
        this.#forget(timer);
        this.#note(timer, ms);
        call.apply(timer, args);
      }, ms);
      this.#note(timer, ms);
      this.#heed(timer, ms);
      return timer;
    };
    const setImmediate = (call: Call, ...args: unknown[]) => {
      const immediate = own.setImmediate(() => {
        this.#immediates.delete(immediate);
        call.apply(immediate, args);
      });
      this.#immediates.add(immediate);
      return immediate;
    };
    const clear = (timer?: Parameters<typeof own.clearTimeout>[0]) => {
      this.#forget(this.#meant(timer));
      own.clearTimeout(timer);
    };
    const clearImmediate = (immediate?: Parameters<typeof own.clearImmediate>[0]) => {
      this.#immediates.delete(immediate);
      own.clearImmediate(immediate);
    };
    // For those who have promises made of it.
    for (const key of Object.getOwnPropertySymbols(own.setTimeout)) {
      Object.defineProperty(setTimeout, key, Object.getOwnPropertyDescriptor(own.setTimeout, key)!);
    }
    const made = {
      setTimeout,
      setInterval,
      setImmediate,
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate,
    };
    Object.assign(this.global, made);
  }

  /** Note down what it does itself. */
  #heed(timer: Timer | number, ms?: number): void {
    if (typeof timer !== "object") return;
    const { refresh, close, [Symbol.dispose]: dispose } = timer;
    timer.refresh = () => {
      this.#note(timer, ms);
      return refresh?.call(timer);
    };
    timer.close = () => {
      this.#forget(timer);
      return close?.call(timer);
    };
    timer[Symbol.dispose] = () => {
      this.#forget(timer);
      dispose?.call(timer);
    };
  }

  /** Timers may be called by their numbers. */
  #meant(timer: unknown): unknown {
    if (typeof timer !== "number" && typeof timer !== "string") return timer;
    for (const one of this.#dueMs.keys()) if (Number(one) === Number(timer)) return one;
    return timer;
  }

  #forget(timer: unknown): void {
    const dueMs = this.#dueMs.get(timer);
    if (dueMs === undefined) return;
    this.#dueMs.delete(timer);
    if (dueMs <= this.#firstMs) this.#firstMs = -Infinity;
  }

  #note(timer: unknown, ms = 1): void {
    // What is no number, or too much for the runtime, is a millisecond there.
    const afterMs = ms >= 1 && ms <= LONGEST_TIMER_MS ? Number(ms) : 1;
    const dueMs = performance.now() + afterMs + SLACK_MS;
    this.#dueMs.set(timer, dueMs);
    if (dueMs < this.#firstMs) this.#firstMs = dueMs;
  }
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
