import type { LoadedConfig } from "./config/load.ts";
import type { ReloadReport } from "./control.ts";
import type { Definition } from "./definition.ts";
import { memoryAfterChange } from "./kept/process_memory.ts";
import type { Memory } from "./lifecycle/machine.ts";
import { ManagedProcess } from "./process/managed_process.ts";
import type { Process, ProcessRegistry } from "./registry.ts";
import { planReload } from "./reload_plan.ts";
import type { ReloadPlan } from "./reload_plan.ts";
import type { StartQueue } from "./start_queue.ts";

/** What a process was like before it was taken away. */
interface Former {
  readonly definition: Definition;
  readonly memory: Memory | undefined;
  /** Whether it ran, or waited to. */
  readonly wasUp: boolean;
}

/** A change from one set of definitions to another, as a whole or not at all. */
export class Reload {
  readonly plan: ReloadPlan;
  readonly #former = new Map<string, Former>();
  readonly #order: readonly string[];

  constructor(readonly registry: ProcessRegistry, readonly queue: StartQueue, readonly next: LoadedConfig) {
    this.plan = planReload(registry.definitions("file"), next.definitions);
    this.#order = registry.all.map(({ id }) => id);
  }

  /**
   * Apply the change. What has changed is stopped and started again; what a person has decided about it stays decided.
   * @throws what made it impossible; then everything is as before, started again where it had been stopped already
   */
  async apply(): Promise<ReloadReport> {
    const { plan, registry } = this;
    const gone = [...plan.removed, ...plan.changed.map(({ id }) => id)];
    for (const id of gone) this.#remember(registry.get(id)!);
    // Removed and changed processes stop in parallel: a slow one delays no other.
    await Promise.all(gone.map((id) => this.#takeAway(id)));
    const made: Process[] = [];
    try {
      for (const definition of [...plan.changed, ...plan.added]) made.push(this.#make(definition));
    } catch (error) {
      await this.#undo(made);
      throw error;
    }
    for (const definition of plan.unchanged) registry.get(definition.id)!.definition = definition;
    registry.sort(this.next.definitions.map(({ id }) => id));
    for (const one of made) if (this.#isToRun(one)) this.queue.want(one);
    // What waits may wait for others now, who are to be started for it.
    for (const { id } of plan.unchanged) this.queue.renew(registry.get(id)!);
    this.queue.changed();
    return {
      added: plan.added.map(({ id }) => id),
      removed: [...plan.removed],
      restarted: plan.changed.map(({ id }) => id),
      unchanged: plan.unchanged.map(({ id }) => id),
    };
  }

  /** @param before what was remembered of it before it was stopped: people may have decided something since */
  #remember(one: Process, before?: Former): void {
    const { definition } = one;
    const memory = one instanceof ManagedProcess ? one.machine : undefined;
    const isUp = before?.wasUp ?? (!["stopped", "disabled"].includes(one.state) || this.queue.has(one));
    const isStarted = before !== undefined && memory?.decision === "start" &&
      before.memory?.decision !== "start";
    const wasUp = memory?.decision !== "stop" && (isUp || isStarted);
    const was = before?.memory;
    // That it was stopped to be replaced is nothing it did.
    this.#former.set(one.id, {
      definition,
      memory: was && memory ? { ...was, decision: memory.decision } : memory,
      wasUp,
    });
  }

  async #takeAway(id: string): Promise<void> {
    const one = this.registry.get(id)!;
    const isRemoved = this.plan.removed.includes(id);
    this.queue.drop(one);
    if (one instanceof ManagedProcess) one.isLeaving = true;
    const reason = isRemoved ? "it is no longer in the configuration" : "its definition has changed";
    await one.stop({ reason, byHand: false });
    // What is known of it stays on disk until what comes instead is there.
    const isSucceeded = this.plan.changed.some((next) => next.id === id && next.type !== "unmanaged");
    await one.close(isSucceeded ? "logs" : "all");
    this.#remember(one, this.#former.get(id));
    this.registry.delete(id);
  }

  #make(definition: Definition): Process {
    const former = this.#former.get(definition.id);
    const memory = former?.memory && memoryAfterChange(former.memory, former.definition, definition);
    const one = this.registry.make(definition, "file", memory);
    if (one instanceof ManagedProcess) one.noteDown();
    return one;
  }

  /**
   * What is new, was up, or has become enabled; and what was done by its old definition is to be done by the new one.
   */
  #isToRun(one: Process): boolean {
    const former = this.#former.get(one.id);
    if (!(one instanceof ManagedProcess)) return one.definition.enabled;
    if (!one.isWanted) return false;
    return !former || former.wasUp || !former.definition.enabled ||
      one.definition.restart.policy === "never";
  }

  /** Everything as it was before {@link apply}. */
  async #undo(made: readonly Process[]): Promise<void> {
    for (const one of made) {
      await one.close("all");
      this.registry.delete(one.id);
    }
    for (const { definition, memory, wasUp } of this.#former.values()) {
      const one = this.registry.make(definition, "file", memory);
      if (one instanceof ManagedProcess) one.noteDown();
      if (wasUp) this.queue.want(one);
    }
    this.registry.sort(this.#order);
    this.queue.changed();
  }
}
