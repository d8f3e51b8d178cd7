import { startOrder } from "./dependencies.ts";
import type { Definition } from "./definition.ts";
import type { Engine } from "./engine.ts";
import { endUnknown, findUnknown, takeUpKept } from "./kept/adoption.ts";
import { isPassing } from "./logs/write_trouble.ts";
import { memoryFromKept } from "./kept/process_memory.ts";
import type { KeptProcess } from "./kept/state_directory.ts";
import { outdatedOf } from "./outdated.ts";
import { Rollbacks } from "./rollback.ts";
import { ManagedProcess } from "./process/managed_process.ts";

/** Take up what still runs, end what is not known, and start what is to be started. */
export async function startUp(engine: Engine): Promise<void> {
  const { parts: { directory, events, logs }, phase, processes, queue } = engine;
  const kept = directory.readKept();
  events.emit("supervisor_started", null, { pid: process.pid });
  engine.renewHook();
  const leftOut = makeProcesses(engine, kept);
  const tell = (line: string) => engine.say("info", line);
  // Before any new group exists, since that would count as unknown.
  const unknown = await findUnknown(directory.knownLabel, kept);
  const force = engine.force.signal;
  // Kept processes are taken up even when the end has begun: they are stopped with all others.
  const adopted = await takeUpKept(kept, processes.byId, { directory, logs, leftOut, tell, force });
  await renewLost(engine, adopted, kept);
  // By now nothing asks for it, and it is the fingerprint of none that it would start by.
  for (const one of processes.all) {
    if (engine.isUnknown(one)) one.definition = { ...one.definition, fingerprint: "" };
  }
  const { isBeginning } = directory.knownLabel;
  // Unknown ones are ended even then, too: nobody is to be left.
  await endUnknown(unknown, isBeginning, (line) => engine.say("warn", line), force);
  if (phase.isEnding) return;
  engine.bonds.afterTakeUp(adopted);
  phase.run();
  for (const { id } of startOrder(processes.definitions())) {
    const one = processes.get(id)!;
    if (adopted.has(id)) continue;
    if (one instanceof ManagedProcess ? one.isWanted : one.definition.enabled) queue.want(one);
  }
  queue.evaluate();
  engine.watches.begin();
  engine.scheduler.begin(
    new Map(
      kept.flatMap(({ id, scheduled_at }) => scheduled_at === null ? [] : [[id, Date.parse(scheduled_at)]]),
    ),
  );
}

/** What has ended meanwhile begins with what the file says. */
async function renewLost(
  { outdated, processes }: Engine,
  adopted: ReadonlySet<string>,
  kept: readonly KeptProcess[],
): Promise<void> {
  for (const [id, next] of [...outdated]) {
    if (adopted.has(id)) continue;
    await processes.get(id)!.close("logs");
    const last = kept.find((one) => one.id === id);
    const made = processes.make(next, "file", memoryFromKept(last, next, processes.context.bootId));
    if (made instanceof ManagedProcess) made.noteDown();
  }
}

/**
 * The processes of the configuration, and those added at run time, with what is known of them from before.
 * @returns the ids of those that cannot be made now: they are tried again at the next start
 * @throws where the disk is in trouble, or no descriptor is left: what runs must not be ended for that
 */
function makeProcesses(engine: Engine, kept: readonly KeptProcess[]): Set<string> {
  const { added, config, options: { beginsAnew }, processes } = engine;
  const { bootId } = processes.context;
  const byId = new Map(kept.map((one) => [one.id, one]));
  const remembered = (definition: Definition) => memoryFromKept(byId.get(definition.id), definition, bootId);
  const rollbacks = new Rollbacks(engine);
  const { definitions, over } = rollbacks.inForce(config.definitions);
  for (const definition of definitions) {
    const { id } = definition;
    const outdated = outdatedOf(engine, rollbacks, byId.get(id), definition, definitions);
    const present = outdated?.present ?? definition;
    processes.make(present, "file", beginsAnew ? undefined : remembered(present));
    if (!outdated) continue;
    engine.outdated.set(id, definition);
    if (outdated.isUnknown) engine.unknown.add(id);
  }
  rollbacks.end(over);
  const leftOut = new Set<string>();
  for (const [id, entry] of added.all) {
    const because = (reason: string) =>
      engine.say("warn", `${id}: it was added at run time, and is left out: ${reason}`);
    if (processes.has(id)) {
      because("the configuration has one of that id now");
      try {
        added.remove(id);
      } catch { /* Then the next supervisor leaves it out. */ }
      continue;
    }
    try {
      const definition = engine.checkEntry(entry);
      processes.make(definition, "api", remembered(definition));
    } catch (error) {
      if (isPassing((error as Error).cause)) throw error;
      leftOut.add(id);
      because(`${(error as Error).message}; it is tried again at the next start, and removed by ctl remove`);
    }
  }
  engine.healthy.forgetOthers(new Set([...processes.byId.keys()]));
  return leftOut;
}
