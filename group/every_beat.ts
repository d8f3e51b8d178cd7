interface Beat {
  readonly ms: number;
  readonly call: () => void;
  readonly keepsAlive: boolean;
  dueMs: number;
}

/** Timers may come a little early, by this share of the interval at most: that beat is over then. */
const EARLY = 0.1;
const MOST_EARLY_MS = 2;

const beats = new Set<Beat>();
/** One timer for all: each costs as much as what most of them do. */
let timer: ReturnType<typeof setTimeout> | undefined;
let armedForMs = Infinity;

/**
 * Call a function at the multiples of an interval on the monotonic clock, so that all who have the same interval, or a
 * multiple of it, share a wake-up: for a program that has nothing to do waking up is what costs.
 * @param options.keepsAlive whether the program is to go on for it; default: no
 * @returns how to stop
 */
export function everyBeat(ms: number, call: () => void, options: { keepsAlive?: boolean } = {}): () => void {
  const { keepsAlive = false } = options;
  const beat: Beat = { ms, call, keepsAlive, dueMs: nextMs(ms, performance.now()) };
  beats.add(beat);
  arm();
  return () => {
    if (beats.delete(beat)) arm();
  };
}

function earlyMs(ms: number): number {
  return Math.min(EARLY * ms, MOST_EARLY_MS);
}

function nextMs(ms: number, nowMs: number): number {
  return (Math.floor((nowMs + earlyMs(ms)) / ms) + 1) * ms;
}

function arm(): void {
  let [dueMs, keepsAlive] = [Infinity, false];
  for (const beat of beats) {
    dueMs = Math.min(dueMs, beat.dueMs);
    keepsAlive ||= beat.keepsAlive;
  }
  if (dueMs !== armedForMs) {
    clearTimeout(timer);
    armedForMs = dueMs;
    timer = dueMs === Infinity
      ? undefined
      : setTimeout(turn, Math.ceil(Math.max(0, dueMs - performance.now())));
  }
  if (keepsAlive) timer?.ref?.();
  else timer?.unref?.();
}

function turn(): void {
  armedForMs = Infinity;
  const nowMs = performance.now();
  const due: Beat[] = [];
  for (const beat of beats) {
    if (beat.dueMs > nowMs + earlyMs(beat.ms)) continue;
    due.push(beat);
    beat.dueMs = nextMs(beat.ms, nowMs);
  }
  // One of the calls may fail.
  arm();
  for (const beat of due) if (beats.has(beat)) beat.call();
}
