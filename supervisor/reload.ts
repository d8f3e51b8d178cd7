import type { ReloadReport } from "./control.ts";
import type { Definition } from "./definition.ts";
import type { Process, ProcessRegistry } from "./registry.ts";
import { placedAs } from "./placed_as.ts";
import { planReload } from "./reload_plan.ts";
import type { ReloadPlan } from "./reload_plan.ts";
import { Replacements } from "./replacements.ts";
import { isRolled, rollOut } from "./rollout.ts";
import type { StartQueue } from "./start_queue.ts";

/** A change from one set of definitions to another, as a whole or not at all; then instances one after another. */
export class Reload {
  readonly plan: ReloadPlan;
  readonly #replacements: Replacements;
  readonly #order: readonly string[];

  constructor(
    readonly registry: ProcessRegistry,
    readonly queue: StartQueue,
    readonly next: readonly Definition[],
  ) {
    this.plan = planReload(registry.definitions("file"), next);
    this.#replacements = new Replacements(registry, queue);
    this.#order = registry.all.map(({ id }) => id);
  }

  /**
   * Apply the change. What has changed is stopped and started again; what a person has decided about it stays decided.
   * @param onStopped called for an instance that does not become ready, with those that stay as they are for that
   * @throws what made it impossible; then everything is as before, started again where it had been stopped already
   */
  async apply(
    onStopped: (id: string, reason: string, left: readonly string[]) => void,
  ): Promise<Omit<ReloadReport, "rolled_back">> {
    const { plan, registry } = this;
    const rolled = plan.changed.filter((one) => isRolled(one, this.next));
    const atOnce = plan.changed.filter((one) => !rolled.includes(one));
    await this.#changeAtOnce(atOnce);
    for (const definition of plan.unchanged) registry.get(definition.id)!.definition = definition;
    // Until its turn comes, or where that does not come, it may wait for nobody who is gone.
    for (const definition of rolled) {
      const one = registry.get(definition.id)!;
      one.definition = placedAs(one.definition, definition);
    }
    const order = this.next.map(({ id }) => id);
    registry.sort(order);
    // What waits may wait for others now, who are to be started for it.
    for (const { id } of [...plan.unchanged, ...rolled]) this.queue.renew(registry.get(id)!);
    this.queue.changed();
    const { restarted, failed, left } = await rollOut(rolled, this.#replacements, order, onStopped);
    return {
      added: plan.added.map(({ id }) => id),
      removed: [...plan.removed],
      restarted: [...atOnce.map(({ id }) => id), ...restarted],
      unchanged: plan.unchanged.map(({ id }) => id),
      failed,
      left,
    };
  }

  /** All that is added, removed, or has changed and is not an instance. */
  async #changeAtOnce(changed: ReloadPlan["changed"]): Promise<void> {
    const { plan, registry } = this;
    const replacements = this.#replacements;
    this.queue.phase.demandNotEnding();
    const gone = [...plan.removed, ...changed.map(({ id }) => id)];
    for (const id of gone) replacements.remember(id);
    // Removed and changed processes stop in parallel: a slow one delays no other.
    await Promise.all(gone.map((id) => {
      const next = changed.find((one) => one.id === id);
      const reason = next ? "its definition has changed" : "it is no longer in the configuration";
      return replacements.takeAway(id, reason, next !== undefined && next.type !== "unmanaged");
    }));
    const made: Process[] = [];
    try {
      for (const definition of [...changed, ...plan.added]) made.push(replacements.make(definition));
    } catch (error) {
      await replacements.undo(made);
      registry.sort(this.#order);
      this.queue.changed();
      throw error;
    }
    for (const one of made) if (replacements.isToRun(one)) this.queue.want(one);
  }
}
