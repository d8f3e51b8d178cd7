import type { TaskMessage } from "../../core/schema/task_message.ts";
import type { ProcessState, ProcessStatus } from "../control.ts";
import type { Condition, Definition } from "../definition.ts";
import { isDone } from "../kept/process_memory.ts";
import type { KeptProcess } from "../kept/state_directory.ts";
import { isToRun } from "../lifecycle/machine.ts";
import type { Machine, Memory } from "../lifecycle/machine.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import { MachineDriver } from "./machine_driver.ts";
import { descriptionOf, fulfils, reasonOf, refusalOf, statusOf } from "./process_view.ts";
import type { ProcessFacts } from "./process_view.ts";
import type { Forgets, OwnDescription, Supervised, SupervisorContext } from "./supervised.ts";

/** One process that is started, watched, restarted and stopped, as all others see it. */
export class ManagedProcess implements Supervised {
  /** What it waits for before it is started; null when for nothing. */
  waitsFor: string | null = null;
  /** It is being removed or replaced, and must not be started again. */
  isLeaving = false;
  readonly #driver: MachineDriver;

  constructor(
    public definition: Definition,
    readonly origin: "file" | "api",
    readonly context: SupervisorContext,
    memory?: Memory,
  ) {
    this.#driver = new MachineDriver(definition, context, memory);
  }

  get id(): string {
    return this.definition.id;
  }

  get state(): ProcessState {
    return this.#driver.state;
  }

  get machine(): Machine {
    return this.#driver.machine;
  }

  get logs(): ProcessLogs {
    return this.#driver.logs;
  }

  /** Whether it is to run as far as people have said, and there is still something to do. */
  get isWanted(): boolean {
    return isToRun(this.machine, this.definition.enabled) && !isDone(this.machine, this.definition);
  }

  /** Take up what the last supervisor has left running; whether it was still there. */
  adopt(kept: KeptProcess): Promise<boolean> {
    return this.#driver.adopt(kept);
  }

  start(): void {
    this.waitsFor = null;
    this.#driver.dispatch({ type: "start" });
  }

  /** A person wants it to run; that is remembered, whatever it waits for. */
  want(): void {
    this.#driver.dispatch({ type: "want" });
  }

  restart(reason: string, byHand: boolean): void {
    this.waitsFor = null;
    this.#driver.dispatch({ type: "restart", reason, byHand });
  }

  reset(): void {
    const { state } = this.machine.breaker;
    this.#driver.dispatch({ type: "reset" });
    if (state !== "closed") this.context.emit("breaker", this.id, { reason: "it was reset by hand" });
  }

  async stop({ reason, byHand }: { reason?: string; byHand: boolean }): Promise<void> {
    this.waitsFor = null;
    const driver = this.#driver;
    driver.dispatch({ type: "stop", reason, byHand });
    await driver.until(() =>
      !["starting", "running", "stopping"].includes(driver.state) && driver.run === null
    );
  }

  kill(): void {
    this.#driver.dispatch({ type: "stop", reason: "it was killed", byHand: false });
    this.#driver.run?.stop(true);
  }

  /** Have the next supervisor know what was decided. */
  noteDown(): void {
    this.#driver.keep();
  }

  detach(): void {
    this.#driver.detach();
  }

  close(forgets: Forgets): Promise<void> {
    return this.#driver.close(forgets);
  }

  onMetrics({ metrics }: TaskMessage): void {
    this.#driver.take(metrics);
  }

  fulfils(condition: Condition): boolean {
    return fulfils(this.#facts, condition);
  }

  refusal(condition: Condition): string | null {
    return refusalOf(this.#facts, condition);
  }

  get reason(): string | null {
    return reasonOf(this.#facts);
  }

  status(): ProcessStatus {
    return statusOf(this.#facts);
  }

  describe(): OwnDescription {
    return descriptionOf(this.#facts);
  }

  get #facts(): ProcessFacts {
    const { definition, waitsFor } = this;
    const { machine, run, health, trouble, lastExit, logs, app } = this.#driver;
    const pidFile = this.context.directory.pidFile(this.id);
    return { definition, machine, run, health, waitsFor, trouble, lastExit, logs, pidFile, app };
  }
}
