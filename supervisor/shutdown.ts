import { waitAtMost } from "../io/deadline.ts";
import { parseDuration } from "../core/duration.ts";
import type { Engine } from "./engine.ts";
import type { Supervised } from "./process/supervised.ts";
import { within } from "./within.ts";

/** How long after SIGKILL a process is waited for that does not end, as in an uninterruptible wait. */
export const KILL_PATIENCE_MS = 6_000;

/** The last writes take no longer than this: a disk in trouble does not prevent the end. */
const LAST_WRITES_MS = 10_000;
/** The same for a quick end. */
const HURRIED_WRITES_MS = 1_000;
/** The processes of a command for events are killed, and gone, within this. */
const HOOK_PATIENCE_MS = 2_000;

/**
 * Stop everything, or leave it running, and give back all that is held.
 * @param detach leave it running
 */
export async function shutDown(engine: Engine, detach: boolean): Promise<void> {
  const { parts: { directory, anchor, monitor, logs }, config, queue, phase, force, hooks } = engine;
  queue.clear();
  engine.scheduler.stop();
  engine.watches.stop();
  const forceAfterMs = parseDuration(config.manager.force_shutdown_timeout, "force_shutdown_timeout");
  const timer = setTimeout(() => force.abort(), forceAfterMs);
  await within(phase.begun, force.signal, KILL_PATIENCE_MS);
  const { all } = engine.processes;
  const left = detach ? all : await stopAll(all, force.signal);
  for (const one of detach ? [] : left) {
    const { pid } = one.status();
    engine.say("error", `${one.id}: not even SIGKILL ends it; it is left behind (PID ${pid})`);
  }
  await within(Promise.all(left.map((one) => one.detach())), force.signal, 0);
  if (!await within(hooks.finish(), force.signal, 0)) {
    hooks.abort();
    await waitAtMost(HOOK_PATIENCE_MS, hooks.finish());
  }
  clearTimeout(timer);
  monitor[Symbol.dispose]();
  engine.still.close();
  const written = Promise.all(all.map((one) => one.close("nothing"))).then(() => logs.close())
    .catch((error: Error) => engine.say("error", error.message));
  engine.processes.context.notify.close();
  await waitAtMost(engine.isHurried ? HURRIED_WRITES_MS : LAST_WRITES_MS, written);
  anchor[Symbol.dispose]();
  directory.release();
}

/** What is needed of a process to end it. */
export type Ending = Pick<Supervised, "id" | "definition" | "stop" | "kill">;

/**
 * Stop all: each as soon as no process that depends on it runs; a slow one delays only those it depends on.
 * @param force when it is aborted, everything that is left is killed
 * @returns those that did not end even then
 */
export async function stopAll<T extends Ending>(
  all: readonly T[],
  force: AbortSignal,
  patienceMs = KILL_PATIENCE_MS,
): Promise<T[]> {
  const left = new Set(all);
  const stops = new Map<string, Promise<void>>();
  const stop = (one: T): Promise<void> => {
    const begun = stops.get(one.id);
    if (begun) return begun;
    const dependents = all.filter(({ definition }) => definition.dependsOn.has(one.id));
    const done = Promise.all(dependents.map(stop)).then(async () => {
      await one.stop({ reason: "the supervisor ends", byHand: false });
      left.delete(one);
    });
    stops.set(one.id, done);
    return done;
  };
  const kill = () => {
    for (const one of left) one.kill();
  };
  if (force.aborted) kill();
  else force.addEventListener("abort", kill, { once: true });
  await within(Promise.all(all.map(stop)), force, patienceMs);
  force.removeEventListener("abort", kill);
  return [...left];
}
