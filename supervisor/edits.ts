import { ConfigError } from "../config/fault.ts";
import { ControlError } from "./control.ts";
import type { ProcessStatus, ReloadReport } from "./control.ts";
import { dependentsOf } from "./dependencies.ts";
import type { Engine } from "./engine.ts";
import { inRows, instanceBase } from "./instance_rows.ts";
import { whyUnwritten } from "./logs/write_trouble.ts";
import { ManagedProcess } from "./process/managed_process.ts";
import { Reload } from "./reload.ts";
import { Replacements } from "./replacements.ts";
import { Rollbacks } from "./rollback.ts";
import { reasonFor, rollOut } from "./rollout.ts";

/** Changes of what processes there are: one at a time, and none before all there was is taken up. */
export class Edits {
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly engine: Engine) {}

  add(definition: unknown): Promise<ProcessStatus> {
    return this.#inTurn(() => {
      const { added, parts, processes, queue } = this.engine;
      const made = this.engine.checkEntry(definition);
      if (processes.has(made.id)) throw new ControlError("conflict", `${made.id}: the id is taken`);
      const one = processes.make(made, "api");
      try {
        writeDown(made.id, () => added.add(made.id, definition));
      } catch (error) {
        processes.delete(made.id);
        void one.close("all");
        throw error;
      }
      parts.events.emit("added", made.id, { reason: "it was added at run time" });
      if (made.enabled && !made.schedule) queue.want(one);
      // What is answered says when its schedule starts it.
      this.engine.lookAnew();
      return Promise.resolve(one.status());
    });
  }

  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const { added, parts, processes, queue } = this.engine;
      // It was left out at the start.
      if (!processes.has(id) && added.has(id)) {
        writeDown(id, () => added.remove(id));
        return parts.directory.forget(id);
      }
      const one = processes.demand(id);
      const dependents = dependentsOf(id, processes.definitions());
      if (dependents.length > 0) {
        throw new ControlError("conflict", `${id}: ${dependents.join(", ")} depend on it; remove them first`);
      }
      // First: should we be killed while it ends, the next supervisor ends it, and does not start it again.
      writeDown(id, () => added.remove(id));
      queue.drop(one);
      if (one instanceof ManagedProcess) one.isLeaving = true;
      await one.stop({ reason: "it was removed", byHand: false });
      if (one instanceof ManagedProcess && one.isUp) this.engine.phase.demandNotEnding();
      await one.close("all");
      processes.delete(id);
      this.engine.forget(id, "it was removed");
    });
  }

  reload(): Promise<ReloadReport> {
    return this.#inTurn(async () => {
      const { configFile } = this.engine.options;
      if (configFile === undefined) {
        throw new ControlError("conflict", "there is no configuration file to reload");
      }
      try {
        return await this.#reload(configFile);
      } catch (error) {
        const isInvalid = error instanceof ConfigError;
        const reason = isInvalid ? error.lines.join("; ") : (error as Error).message;
        this.engine.parts.events.emit("reload_failed", null, { reason });
        throw new ControlError(isInvalid ? "invalid" : "failed", (error as Error).message, { cause: error });
      }
    });
  }

  rollback(id: string, undo: boolean): Promise<ProcessStatus> {
    return this.#inTurn(() => {
      const rollbacks = new Rollbacks(this.engine);
      return undo ? rollbacks.undo(id) : rollbacks.rollBack(id);
    });
  }

  /** Have instances that run on by what the last supervisor had get what the file says, one after another. */
  async rollOutKept(): Promise<void> {
    const { engine } = this;
    const { config, outdated, processes, queue } = engine;
    const rows = inRows([...outdated.keys()]);
    await Promise.all(rows.map(async (row) => {
      // Outside of the turn: what is to mend it may be a reload.
      const missing = await this.#othersComeUp(row);
      await this.#inTurn(async () => {
        const left = row.flatMap((id) => outdated.get(id) ?? []);
        // A reload or a rollback meanwhile has done it, or has left them as they are for its own reasons.
        if (engine.config !== config || left.length === 0) return;
        if (missing) return this.#tellStopped(missing.id, missing.reason, left.map(({ id }) => id));
        const order = processes.all.map(({ id }) => id);
        const replacements = new Replacements(processes, queue);
        await rollOut(left, replacements, order, (id, why, rest) => this.#tellStopped(id, why, rest));
      }).catch(() => {
        // The supervisor ends, and takes all down or leaves all as it is.
      });
      // What is left waits for no turn any more.
      for (const id of row) outdated.delete(id);
    }));
  }

  /** Wait for the other instances of a process, which start meanwhile; the first that is to run and does not. */
  async #othersComeUp(row: readonly string[]): Promise<{ id: string; reason: string } | null> {
    const { processes, queue } = this.engine;
    for (const { id } of processes.all) {
      if (instanceBase(id) !== instanceBase(row[0]) || row.includes(id)) continue;
      for (
        let one = processes.get(id);
        one instanceof ManagedProcess && one.isWanted;
        one = processes.get(id)
      ) {
        try {
          await queue.comesUp(one);
          break;
        } catch (error) {
          // Another has come in its place meanwhile: that is waited for, or nobody where there is none any more.
          if (processes.get(id) === one) return { id, reason: reasonFor(id, error as Error) };
        }
      }
    }
    return null;
  }

  #tellStopped(id: string, why: string, left: readonly string[]): void {
    // That the supervisor ends is nothing that is wrong with a definition.
    if (this.engine.phase.isEnding) return;
    const rest = left.length > 0 ? `; left as they are: ${left.join(", ")}` : "";
    this.engine.parts.events.emit("rollout_stopped", id, {
      reason: `it is not ready with its new definition: ${why}${rest}`,
    });
  }

  async #reload(configFile: string): Promise<ReloadReport> {
    const { engine } = this;
    const { processes, queue, options: { beforeReload } } = engine;
    const rollbacks = new Rollbacks(engine);
    const before = engine.config;
    const config = await engine.readAnew(configFile);
    await beforeReload?.(config);
    try {
      const { definitions, kept, over } = rollbacks.inForce(config.definitions);
      const done = await new Reload(processes, queue, definitions).apply((id, why, left) =>
        this.#tellStopped(id, why, left)
      );
      const report = { ...done, rolled_back: kept };
      engine.putInForce(config);
      // Another schedule alone has made no other process.
      engine.lookAnew();
      rollbacks.end(over);
      this.#tell(report);
      return report;
    } catch (error) {
      await beforeReload?.(before);
      throw error;
    }
  }

  #tell({ added, removed, restarted, failed, left }: ReloadReport): void {
    const { events } = this.engine.parts;
    for (const id of removed) this.engine.forget(id, "it is no longer in the configuration");
    for (const id of added) events.emit("added", id, { reason: "it is in the configuration now" });
    const reason = `${added.length} added, ${removed.length} removed, ${restarted.length} restarted`;
    const missed = failed.length > 0 ? `, ${failed.length} failed, ${left.length} left as they were` : "";
    events.emit("reloaded", null, { reason: `${reason}${missed}` });
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      await this.engine.phase.demandRunning();
      return await change();
    });
    this.#last = done.catch(() => {});
    return done;
  }
}

/** What the next supervisor would not know of is not done. */
function writeDown(id: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const reason = whyUnwritten(error);
    throw new ControlError("failed", `${id}: it cannot be written down: ${reason}; nothing has changed`);
  }
}
