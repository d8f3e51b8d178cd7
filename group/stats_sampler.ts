import { usageError } from "../core/error.ts";
import { checkOptions, NUMBER, shown } from "../core/option.ts";
import type { ProcessGroupStats } from "./group_stats.ts";

/** How often to sample. */
export interface SampleOptions {
  /** Milliseconds from one sample to the next; what is below 1 becomes 1. */
  readonly intervalMs: number;
}

/** What is sampled: a group, as far as it matters here. */
interface Sampled {
  readonly isClosed: boolean;
  stats(): ProcessGroupStats;
}

/**
 * The first sample at once, then one per interval; a consumer that comes late skips what it has missed. The group is
 * held weakly and the timer does not keep the program alive.
 */
export function sampleStats(
  group: WeakRef<Sampled>,
  options: SampleOptions,
): AsyncIterableIterator<ProcessGroupStats> {
  checkOptions(options, { intervalMs: NUMBER });
  const { intervalMs } = options;
  checkPeriod("intervalMs", intervalMs);
  return sample(group, intervalMs);
}

/**
 * Refuse an invalid duration.
 * @throws ProctorError of kind `usage`
 */
export function checkPeriod(name: string, ms: number): void {
  if (typeof ms !== "number" || Number.isNaN(ms)) {
    throw usageError(`${name}: it is a number of milliseconds, not ${shown(ms)}`);
  }
}

/** The existence of the group is checked at this interval, however long the sampling interval. */
const LOOK_AGAIN_MS = 250;

async function* sample(
  group: WeakRef<Sampled>,
  intervalMs: number,
): AsyncIterableIterator<ProcessGroupStats> {
  const every = Math.max(1, intervalMs);
  for (let due = performance.now();;) {
    const stats = sampleOnce(group);
    if (!stats) return;
    yield stats;
    do due += every; while (due <= performance.now());
    while (performance.now() < due) {
      await pause(Math.min(due - performance.now(), LOOK_AGAIN_MS));
      if (isOver(group)) return;
    }
  }
}

/** A function of its own, so that no variable holds the group while the sampler sleeps. */
function sampleOnce(group: WeakRef<Sampled>): ProcessGroupStats | undefined {
  const sampled = group.deref();
  return sampled && !sampled.isClosed ? sampled.stats() : undefined;
}

function isOver(group: WeakRef<Sampled>): boolean {
  return group.deref()?.isClosed ?? true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.ceil(ms));
    timer.unref();
  });
}
