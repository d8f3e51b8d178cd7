/** Something that is to have its turn again and again. */
export interface Recurring {
  /** How long it may sleep from now on; Infinity: it needs no turn. */
  readonly sleepMs: (nowMs: number) => number;
  /** Do what it is time for. */
  readonly tick: () => void;
}

/** A timer of a fraction of that would keep the processor busy. */
const SHORTEST_MS = 1;
/** setTimeout counts in 31 bits; waking up once an hour costs nothing. */
export const LONGEST_SLEEP_MS = 3_600_000;

/**
 * Give `recurring` its turns until `work` is done.
 * @throws what work throws; else what a tick has thrown, after which there was none: work is never cut short by it
 */
export async function beside<T>(recurring: Recurring, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const schedule = () => {
    const ms = Math.min(recurring.sleepMs(performance.now()), LONGEST_SLEEP_MS);
    // Bun cuts fractions off.
    timer = setTimeout(turn, Math.max(SHORTEST_MS, Math.ceil(ms)));
  };
  const turn = () => {
    try {
      recurring.tick();
      schedule();
    } catch (error) {
      failure = { error };
    }
  };
  schedule();
  let done: T;
  try {
    done = await work();
  } finally {
    clearTimeout(timer);
  }
  if (failure) throw failure.error;
  return done;
}
