import type { TaskMessage } from "../../core/schema/task_message.ts";
import type { ProcessState, ProcessStatus } from "../control.ts";
import type { Condition, Definition } from "../definition.ts";
import { isDone } from "../kept/process_memory.ts";
import type { KeptProcess } from "../kept/state_directory.ts";
import { isToRun } from "../lifecycle/machine.ts";
import type { Machine, Memory } from "../lifecycle/machine.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import type { ScheduleRule } from "../../config/next_time.ts";
import type { Scheduled } from "../schedule/scheduler.ts";
import { MachineDriver } from "./machine_driver.ts";
import { descriptionOf, fulfils, reasonOf, refusalOf, statusOf } from "./process_view.ts";
import type { ProcessFacts } from "./process_view.ts";
import type { Forgets, OwnDescription, Supervised, SupervisorContext } from "./supervised.ts";

/** One process that is started, watched, restarted and stopped, as all others see it. */
export class ManagedProcess implements Supervised, Scheduled {
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

  /** Whether it is to run as far as people have said, be it at its times alone. */
  get isToRun(): boolean {
    return !this.isLeaving && isToRun(this.machine, this.definition.enabled);
  }

  /** Whether it is to run now, and there is still something to do. */
  get isWanted(): boolean {
    const { machine, definition } = this;
    return !definition.schedule && isToRun(machine, definition.enabled) && !isDone(machine, definition);
  }

  get schedule(): ScheduleRule | null {
    return this.definition.schedule ?? null;
  }

  get hindrance(): string | null {
    if (this.waitsFor !== null) return `the last one still waits for ${this.waitsFor}`;
    if (this.isUp) return "the last one still runs";
    return this.machine.breaker.state === "open" ? "its circuit breaker is open" : null;
  }

  get scheduledAtMs(): number | null {
    return this.#driver.scheduledAtMs;
  }

  set scheduledAtMs(ms: number | null) {
    if (ms === this.scheduledAtMs) return;
    this.#driver.scheduledAtMs = ms;
    this.noteDown();
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

  /** Resolves also when it is let go of meanwhile, and runs on without us: {@link isUp}. */
  async stop({ reason, byHand }: { reason?: string; byHand: boolean }): Promise<void> {
    this.waitsFor = null;
    const driver = this.#driver;
    driver.dispatch({ type: "stop", reason, byHand });
    await driver.until(() => driver.isDetached || (!this.isUp && driver.run === null));
  }

  /** Whether something of it may run. */
  get isUp(): boolean {
    return ["starting", "running", "stopping"].includes(this.state);
  }

  get group(): object | null {
    return this.#driver.run?.group ?? null;
  }

  /** Send a signal to its main process, or to its whole tree; how many got it, null when nothing of it runs. */
  signal(signal: string, toTree: boolean): number | null {
    const { run } = this.#driver;
    if (run === null || run.group.isClosed) return null;
    const { pid } = run;
    const count = run.signal(signal, toTree);
    const whom = toTree ? `all ${count} of its processes` : "its main process";
    if (count > 0) this.context.emit("signalled", this.id, { pid, reason: `${signal} to ${whom}, by hand` });
    return count;
  }

  kill(): void {
    this.#driver.dispatch({ type: "stop", reason: "it was killed", byHand: false });
    this.#driver.run?.stop(true);
  }

  /** Have the next supervisor know what was decided. */
  noteDown(): void {
    this.#driver.keep();
  }

  detach(): Promise<void> {
    return this.#driver.detach();
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
    const scheduledAtMs = this.isToRun ? this.scheduledAtMs : null;
    const { machine, run, health, trouble, lastExit, logs, app, signs: { notify } } = this.#driver;
    const { directory } = this.context;
    return {
      definition,
      machine,
      run,
      health,
      waitsFor,
      trouble,
      lastExit,
      logs,
      directory,
      app,
      notify,
      scheduledAtMs,
    };
  }
}
