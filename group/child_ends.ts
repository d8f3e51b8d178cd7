import type { Platform } from "../platform/mod.ts";
import { isWorker } from "./worker.ts";

const listeners = new Set<() => void>();
let stopListening: (() => void) | undefined;

/** Workers receive no signals: while something waits in one, it polls at this interval. */
const LOOK_IN_WORKER_MS = 8;
let waiting = 0;
let looking: ReturnType<typeof setInterval> | undefined;

/** One handler for all: runtimes warn of many listeners for one event. */
function notifyAll(): void {
  for (const notify of [...listeners]) notify();
}

/** Call `notify` whenever a child of ours ends; returns how to stop listening. */
export function onChildEnd(platform: Platform, notify: () => void): () => void {
  const listener = () => notify();
  stopListening ??= platform.onChildEnd(notifyAll);
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    stopListening?.();
    stopListening = undefined;
  };
}

/** Begin to wait for {@link onChildEnd}; to be followed by {@link endWait}. */
export function beginWait(): void {
  if (!isWorker() || waiting++ > 0) return;
  looking = setInterval(notifyAll, LOOK_IN_WORKER_MS);
  // Every waiter has a timer of its own, or does not keep the program alive.
  looking.unref();
}

/** End a wait. */
export function endWait(): void {
  if (!isWorker() || --waiting > 0) return;
  clearInterval(looking);
}
