import { ConfigError } from "../config/fault.ts";
import { ControlError } from "./control.ts";
import type { ProcessDescription, ProcessStatus } from "./control.ts";
import type { Definition } from "./definition.ts";
import { dependentsOf } from "./dependencies.ts";
import type { Engine } from "./engine.ts";
import { instanceBase } from "./instance_rows.ts";
import type { RolledBack, Version } from "./kept/healthy_definitions.ts";
import { whyUnwritten } from "./logs/write_trouble.ts";
import { preflight } from "./preflight.ts";
import type { ManagedProcess } from "./process/managed_process.ts";
import type { Process } from "./registry.ts";
import { placedAs } from "./placed_as.ts";
import { Replacements } from "./replacements.ts";

/** Earlier definitions of processes, in force instead of those of the configuration file, which stays as it is. */
export class Rollbacks {
  constructor(readonly engine: Engine) {}

  /** What there is to say of it about a process; null where there are no earlier definitions of it. */
  describe(one: Process): ProcessDescription["rollback"] {
    const { healthy } = this.engine;
    const file = this.#inFile(one.id);
    if (one.origin !== "file" || one.definition.type === "unmanaged" || !file) return null;
    return {
      is_proven: healthy.has(one.definition),
      back_to: this.#staysOld(one, file) ? null : this.#before(one, file)?.healthy_at ?? null,
      rolled_back_at: healthy.rolledBack(one.id)?.at ?? null,
      is_left: this.#isOld(one, file) && !this.engine.outdated.has(one.id),
      is_waiting: this.engine.outdated.has(one.id),
      is_unknown: this.engine.isUnknown(one),
    };
  }

  /**
   * Have a process run by the last of its definitions that was healthy, or, where it runs by its old one still, keep
   * that.
   * @throws ControlError
   */
  async rollBack(id: string): Promise<ProcessStatus> {
    const { processes } = this.engine;
    const { one, file } = this.#demand(id);
    const { definition } = one;
    if (this.#staysOld(one, file)) {
      const { fingerprint, source } = definition;
      const now = new Date().toISOString();
      this.#keep(id, { ...source, fingerprint, healthy_at: now, at: now, instead_of: file.fingerprint });
      // It waits for no turn any more.
      this.engine.outdated.delete(id);
      this.#tell(id, "it stays with the definition that it runs by");
      return one.status();
    }
    const version = this.#before(one, file);
    if (!version) {
      const why = "there is no earlier definition by which it was healthy for its time (reset_after)";
      throw new ControlError("conflict", `${id}: ${why}`);
    }
    const earlier = this.load(id, version, file);
    if (earlier.fingerprint === definition.fingerprint) {
      throw new ControlError(
        "conflict",
        `${id}: its earlier definition comes to the same as the present one`,
      );
    }
    const dependents = dependentsOf(id, processes.definitions());
    if (earlier.schedule && dependents.length > 0) {
      const who = dependents.join(", ");
      throw new ControlError(
        "conflict",
        `${id}: its earlier definition has a schedule, and ${who} would wait for it`,
      );
    }
    const [fault] = (await preflight(() => false))([earlier]);
    if (fault) {
      throw new ControlError(
        "failed",
        `${id}: its earlier definition: ${fault.path.at(-1)}: ${fault.message}`,
      );
    }
    if (definition.fingerprint === file.fingerprint) this.#leaveWaiting(id);
    const isOfFile = earlier.fingerprint === file.fingerprint;
    const at = new Date().toISOString();
    const stays = isOfFile ? "that of the configuration file" : "the configuration file stays as it is";
    await this.#replace(earlier, isOfFile ? null : { ...version, at, instead_of: file.fingerprint }, {
      told: `to the definition that was healthy at ${version.healthy_at}; ${stays}`,
      reason: "it is rolled back",
    });
    return processes.demand(id).status();
  }

  /** Have a process run by what the configuration file says again. @throws ControlError */
  async undo(id: string): Promise<ProcessStatus> {
    const { healthy, processes } = this.engine;
    const { file } = this.#demand(id);
    if (!healthy.rolledBack(id)) throw new ControlError("conflict", `${id}: it is not rolled back`);
    await this.#replace(file, null, {
      told: "it is over: the definition of the configuration file is in force again",
      reason: "its rollback is over",
    });
    return processes.demand(id).status();
  }

  /**
   * Definitions of the file, but for those in whose place an earlier one is in force: as long as the file says what was
   * rolled back, that stays rolled back.
   */
  inForce(definitions: readonly Definition[]): { definitions: Definition[]; kept: string[]; over: string[] } {
    const { healthy, processes } = this.engine;
    const kept: string[] = [];
    const over: string[] = [];
    const all = definitions.map((file) => {
      const { id, fingerprint } = file;
      const rolledBack = healthy.rolledBack(id);
      if (!rolledBack) return file;
      if (rolledBack.instead_of !== fingerprint) {
        over.push(id);
        return file;
      }
      try {
        const earlier = this.load(id, rolledBack, file);
        kept.push(id);
        return earlier;
      } catch (error) {
        const running = processes.get(id)?.definition;
        const what = running ? "it stays as it is" : "the definition of the configuration file is taken";
        this.engine.say("warn", `${(error as Error).message}; ${what}`);
        return running ?? file;
      }
    });
    return { definitions: all, kept, over };
  }

  /** The file says something else by now: that is in force. */
  end(ids: readonly string[]): void {
    for (const id of ids) {
      try {
        this.engine.healthy.rollBack(id, null);
      } catch (error) {
        this.engine.say(
          "warn",
          `${id}: that it is no longer rolled back cannot be written: ${whyUnwritten(error)}`,
        );
      }
      this.#tell(id, "it is over: the configuration file has another definition now");
    }
  }

  #demand(id: string): { one: ManagedProcess; file: Definition } {
    const one = this.engine.processes.demandManaged(id, "rolled back");
    const file = this.#inFile(id);
    if (one.origin === "file" && file && this.engine.healthy.directory) return { one, file };
    throw new ControlError(
      "conflict",
      `${id}: it does not come from a configuration file, and has no other definition`,
    );
  }

  /** Whether it runs by another definition than the file's, and nobody has decided that. */
  #isOld({ id, definition }: Process, file: Definition): boolean {
    return !this.engine.healthy.rolledBack(id) && file.fingerprint !== definition.fingerprint;
  }

  /** Whether a rollback has it keep the definition that it runs by. */
  #staysOld(one: Process, file: Definition): boolean {
    return this.#isOld(one, file) && !this.engine.isUnknown(one);
  }

  /** What another rollback goes back to; null where there is nothing. */
  #before(one: Process, file: Definition): Version | null {
    return this.engine.healthy.before(this.engine.isUnknown(one) ? file : one.definition);
  }

  /** What is taken back from one instance is not given to those that wait for their turn to get it. */
  #leaveWaiting(id: string): void {
    const { outdated, parts: { events } } = this.engine;
    const left = [...outdated.keys()].filter((other) => instanceBase(other) === instanceBase(id));
    if (left.length === 0) return;
    for (const other of left) outdated.delete(other);
    events.emit("rollout_stopped", id, { reason: `it is rolled back; left as they are: ${left.join(", ")}` });
  }

  #inFile(id: string): Definition | undefined {
    return this.engine.config.definitions.find((one) => one.id === id);
  }

  /**
   * An earlier definition; what it waits for, and what it is found by, is as the file says now.
   * @throws ControlError `invalid` when it cannot be had again
   */
  load(id: string, { written, directory }: Definition["source"], file: Definition): Definition {
    const { loader, support } = this.engine.parts;
    const refused = (why: string, cause?: unknown) =>
      new ControlError("invalid", `${id}: its earlier definition cannot be had again: ${why}`, { cause });
    let earlier: Definition;
    try {
      earlier = loader.loadWritten(written, directory, { support });
    } catch (error) {
      throw error instanceof ConfigError ? refused(error.lines.join("; "), error) : error;
    }
    // A variable of its id may have another value by now.
    if (earlier.id !== id) throw refused(`it comes to the id "${earlier.id}" now`);
    return { ...placedAs(earlier, file), source: { written, directory } };
  }

  #keep(id: string, rolledBack: RolledBack | null): void {
    try {
      this.engine.healthy.rollBack(id, rolledBack);
    } catch (error) {
      const why = whyUnwritten(error);
      throw new ControlError("failed", `${id}: it cannot be written down: ${why}; nothing has changed`);
    }
  }

  #tell(id: string, reason: string): void {
    this.engine.parts.events.emit("rollback", id, { reason });
  }

  /** @param rolledBack what is noted down of it, unless it cannot be made */
  async #replace(
    definition: Definition,
    rolledBack: RolledBack | null,
    { told, reason }: { readonly told: string; readonly reason: string },
  ): Promise<void> {
    const { healthy, processes, queue } = this.engine;
    const { id } = definition;
    const before = healthy.rolledBack(id);
    this.#keep(id, rolledBack);
    this.#tell(id, told);
    const order = processes.all.map((one) => one.id);
    try {
      await new Replacements(processes, queue).replace(definition, reason, order);
    } catch (error) {
      if (processes.get(id)?.definition !== definition) {
        // Else no later supervisor could make it either.
        this.#keep(id, before);
        this.#tell(id, `it came to nothing: ${(error as Error).message}`);
      }
      throw error;
    }
  }
}
