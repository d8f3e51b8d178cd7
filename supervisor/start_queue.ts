import { ControlError } from "./control.ts";
import { hasSucceeded, isToRun } from "./lifecycle/machine.ts";
import type { Phase } from "./phase.ts";
import { ManagedProcess } from "./process/managed_process.ts";
import type { Process, ProcessRegistry } from "./registry.ts";
import { Waiters } from "./waiters.ts";

/** Processes that start once their dependencies are there, and callers that wait for that. */
export class StartQueue {
  readonly #wanted = new Set<Process>();
  readonly #waiters = new Waiters();
  #isChanging = false;

  /** @param phase nothing is started before the supervisor runs, or when it ends */
  constructor(readonly registry: ProcessRegistry, readonly phase: Phase) {}

  has(one: Process): boolean {
    return this.#wanted.has(one);
  }

  /**
   * Have it run, and before it what it depends on; what people have stopped or disabled only if a person wants it.
   * @param byHand whether that is what a person has just asked for
   */
  want(one: Process, byHand = false): void {
    if (byHand && one instanceof ManagedProcess) one.want();
    // Its successor starts, since the decision is remembered.
    if (one instanceof ManagedProcess && one.isLeaving) return;
    if (["starting", "running"].includes(one.state)) return;
    // A request by hand starts dependencies too that are stopped by hand or disabled.
    if (this.#wanted.has(one) && !byHand) return;
    this.#wanted.add(one);
    for (const [id, condition] of one.definition.dependsOn) {
      const other = this.registry.get(id);
      if (other && !other.fulfils(condition) && (byHand || mayRun(other))) this.want(other, byHand);
    }
    this.changed();
  }

  /** Have one run once what it depends on is there; nothing of that is started for it. */
  waitFor(one: Process): void {
    this.#wanted.add(one);
    this.changed();
  }

  /** What one depends on has changed: if it waits, it waits for that. */
  renew(one: Process): void {
    if (this.#wanted.delete(one)) this.want(one);
  }

  /** Remove one from the queue. */
  drop(one: Process): void {
    this.#wanted.delete(one);
  }

  /** Empty the queue: nothing is started any more, and nobody waits for that. */
  clear(): void {
    this.#wanted.clear();
    this.changed();
  }

  /** The state of some process has changed: look at the queue again, once for all changes of this turn. */
  changed(): void {
    if (this.#isChanging) return;
    this.#isChanging = true;
    queueMicrotask(() => {
      this.#isChanging = false;
      this.evaluate();
      this.#waiters.wake();
    });
  }

  /** Start those whose dependencies are there. */
  evaluate(): void {
    if (this.phase.state !== "running") return;
    for (const one of [...this.#wanted]) {
      const missing = [...one.definition.dependsOn].find(([id, condition]) =>
        !this.registry.get(id)?.fulfils(condition)
      );
      if (!missing) {
        this.#wanted.delete(one);
        one.waitsFor = null;
        if (!["starting", "running"].includes(one.state)) one.start();
        continue;
      }
      const [id, condition] = missing;
      const refusal = this.registry.get(id)?.refusal(condition);
      one.waitsFor = `${id} (${condition})${refusal ? `, but ${refusal}` : ""}`;
    }
  }

  /** Resolves when it runs, or has done what it had to; rejects when it does not come up. */
  async comesUp(one: ManagedProcess): Promise<void> {
    let isBegun = false;
    for (;;) {
      this.phase.demandNotEnding();
      if (this.registry.get(one.id) !== one) {
        throw new ControlError("conflict", `${one.id}: it was removed or replaced meanwhile`);
      }
      const { state } = one;
      if (state === "running") return;
      if (state === "starting" || state === "stopping") isBegun = true;
      else if (this.#wanted.has(one)) this.#demandHope(one);
      else if (state === "stopped" || state === "disabled") {
        if (!isBegun || hasSucceeded(one.machine.lastExit)) return;
        throw new ControlError("failed", `${one.id}: ${one.reason ?? "it did not start"}`);
      } else throw new ControlError("failed", `${one.id}: ${one.reason ?? "it did not start"}`);
      await this.#waiters.wait();
    }
  }

  /** Refuses to wait for a dependency that will not come up by itself. */
  #demandHope(one: Process): void {
    for (const [id, condition] of one.definition.dependsOn) {
      const other = this.registry.get(id);
      const refusal = other && !other.fulfils(condition) && !this.#wanted.has(other) &&
        other.refusal(condition);
      if (!refusal) continue;
      this.#wanted.delete(one);
      one.waitsFor = null;
      throw new ControlError("failed", `${one.id}: it waits for ${id} (${condition}), but ${refusal}`);
    }
  }
}

/** Whether it may be started without a request by hand. */
function mayRun(one: Process): boolean {
  const { enabled } = one.definition;
  return one instanceof ManagedProcess ? isToRun(one.machine, enabled) : enabled;
}
