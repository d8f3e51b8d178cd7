import type { Definition } from "./definition.ts";
import { memoryAfterChange } from "./kept/process_memory.ts";
import type { Memory } from "./lifecycle/machine.ts";
import { ManagedProcess } from "./process/managed_process.ts";
import type { Process, ProcessRegistry } from "./registry.ts";
import type { StartQueue } from "./start_queue.ts";

/** What a process was like before it was taken away. */
interface Former {
  readonly definition: Definition;
  readonly memory: Memory | undefined;
  /** Whether it ran, or waited to. */
  readonly wasUp: boolean;
}

/** Processes that make room for others of their ids, and what has to be known of them for that. */
export class Replacements {
  readonly #former = new Map<string, Former>();

  constructor(readonly registry: ProcessRegistry, readonly queue: StartQueue) {}

  /** What is known of a process that will be taken away: whether it is up is told by how it is now. */
  remember(id: string): void {
    this.#remember(this.registry.get(id)!);
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

  /**
   * Stop one that is remembered.
   * @param isSucceeded whether another comes instead: then it is still listed, and what is known of it stays on disk,
   *   until that is there
   */
  async takeAway(id: string, reason: string, isSucceeded: boolean): Promise<void> {
    const one = this.registry.get(id)!;
    this.queue.drop(one);
    if (one instanceof ManagedProcess) one.isLeaving = true;
    await one.stop({ reason, byHand: false });
    // What runs on without us is the next supervisor's.
    if (one instanceof ManagedProcess && one.isUp) this.queue.phase.demandNotEnding();
    await one.close(isSucceeded ? "logs" : "all");
    this.#remember(one, this.#former.get(id));
    if (!isSucceeded) this.registry.delete(id);
  }

  /** What was known of one that was taken away, and what people have decided about it since. */
  #formerOf(id: string): Former | undefined {
    const [one, before] = [this.registry.get(id), this.#former.get(id)];
    if (one && before) this.#remember(one, before);
    return this.#former.get(id);
  }

  /**
   * The one that comes instead, or that is new.
   * @throws ProctorError when its logs cannot be opened
   */
  make(definition: Definition): Process {
    const former = this.#formerOf(definition.id);
    const memory = former?.memory && memoryAfterChange(former.memory, former.definition, definition);
    const one = this.registry.make(definition, "file", memory);
    if (one instanceof ManagedProcess) one.noteDown();
    return one;
  }

  /**
   * What is new, was up, has become enabled, or was started by a schedule alone; and what was done by its old
   * definition is to be done by the new one.
   */
  isToRun(one: Process): boolean {
    const former = this.#former.get(one.id);
    if (!(one instanceof ManagedProcess)) return one.definition.enabled;
    if (!one.isWanted) return false;
    return !former || former.wasUp || !former.definition.enabled ||
      former.definition.schedule !== undefined ||
      one.definition.restart.policy === "never";
  }

  /** Take those back that were made instead, and have all that were taken away as they were. */
  async undo(made: readonly Process[]): Promise<void> {
    for (const one of made) {
      await one.close("all");
      this.registry.delete(one.id);
    }
    for (const id of this.#former.keys()) this.restore(id);
  }

  /** Have one that was taken away as it was. */
  restore(id: string): void {
    const { definition, memory, wasUp } = this.#formerOf(id)!;
    const one = this.registry.make(definition, "file", memory);
    if (one instanceof ManagedProcess) one.noteDown();
    if (wasUp) this.queue.want(one);
  }

  /**
   * Replace one by another definition, and wait for it to be ready, where it is to run.
   * @throws ControlError when it does not become ready; an error of the file system when it cannot be made, and is as
   *   it was
   */
  async replace(definition: Definition, reason: string, order: readonly string[]): Promise<void> {
    const { id } = definition;
    // What is to be left running is not taken down.
    this.queue.phase.demandNotEnding();
    this.remember(id);
    await this.takeAway(id, reason, definition.type !== "unmanaged");
    let one: Process;
    try {
      one = this.make(definition);
    } catch (error) {
      this.restore(id);
      throw error;
    } finally {
      this.registry.sort(order);
      this.queue.changed();
    }
    if (!this.isToRun(one)) return;
    this.queue.want(one);
    if (one instanceof ManagedProcess) await this.queue.comesUp(one);
  }
}
