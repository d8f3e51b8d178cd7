import { randomInt } from "node:crypto";
import { hideSecrets } from "../../core/hide_secrets.ts";
import type { SavedGroup } from "../../core/schema/saved_group.ts";
import type { TaskMetrics } from "../../core/schema/task_message.ts";
import { waitAtMost } from "../../io/deadline.ts";
import type { EventKind, ProcessDescription, ProcessState } from "../control.ts";
import type { Definition } from "../definition.ts";
import type { Health } from "../health/health.ts";
import { ProcessChecks } from "../health/process_checks.ts";
import type { CheckListener } from "../health/process_checks.ts";
import { Signs } from "../health/signs.ts";
import { keptProcess } from "../kept/kept_process.ts";
import { KeptState } from "../kept/kept_state.ts";
import { isToBeKept, outlivesRun } from "../kept/process_memory.ts";
import type { KeptProcess } from "../kept/state_directory.ts";
import { newMachine, NO_EXIT, startsWithin } from "../lifecycle/machine.ts";
import { step } from "../lifecycle/state.ts";
import type { Exit, Machine, Memory } from "../lifecycle/machine.ts";
import type { Effect, MachineEvent } from "../lifecycle/machine_event.ts";
import { Timers } from "../lifecycle/timers.ts";
import { LimitViolations } from "../limits/limit_violations.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import { Waiters } from "../waiters.ts";
import { ComingUp } from "./coming_up.ts";
import { Degradation } from "./degradation.ts";
import type { Trouble } from "./degradation.ts";
import { judged } from "./judged_exit.ts";
import { launchProblem, launchRun } from "./launch.ts";
import { tellOutcome, tellTransitions } from "./lifecycle_events.ts";
import { countsNetwork, monitorFrom } from "./monitoring.ts";
import { ProcessApp } from "./process_app.ts";
import { ProcessRun } from "./process_run.ts";
import type { EventDetails, Forgets, SupervisorContext } from "./supervised.ts";

/** The machine of one managed process: hands it events, and carries its effects out. */
export class MachineDriver {
  readonly id: string;
  #machine: Machine;
  #run: ProcessRun | null = null;
  /** How many launches there were: the outcome of an earlier one is ignored. */
  #launches = 0;
  readonly #timers = new Timers();
  readonly #comingUp: ComingUp;
  #checks: ProcessChecks | null = null;
  #lastExit: ProcessDescription["last_exit"] = null;
  readonly #waiters = new Waiters();
  #isDetached = false;
  readonly logs: ProcessLogs;
  readonly #signs: Signs;
  readonly #limits: LimitViolations;
  readonly #kept: KeptState;
  /** What it tells of itself; null where nothing of that is to be had. */
  readonly app: ProcessApp | null;
  readonly #degradation = new Degradation((reason) => this.#emit("degraded", { reason }));

  constructor(readonly definition: Definition, readonly context: SupervisorContext, memory?: Memory) {
    this.id = definition.id;
    this.#machine = newMachine(randomInt(2 ** 31), definition.enabled, memory);
    this.#comingUp = new ComingUp(this.#timers, definition, (event) => this.dispatch(event));
    this.#kept = new KeptState(context.directory, (why) => this.#degradation.set("state", why));
    this.#limits = new LimitViolations(definition, context);
    this.app = ProcessApp.of(definition, context, (why) => this.#degradation.set("metrics", why));
    this.logs = context.logs.open(definition.id, definition.logCollection ?? undefined);
    // Of a run that is there alone: before that, a group is noted down in which nothing runs yet.
    this.#signs = new Signs(definition, this.logs, () => this.#run && this.keep());
  }

  get machine(): Machine {
    return this.#machine;
  }

  get state(): ProcessState {
    return this.#machine.state;
  }

  get run(): ProcessRun | null {
    return this.#run;
  }

  get lastExit(): ProcessDescription["last_exit"] {
    return this.#lastExit;
  }

  /** null without a health check, or while nothing runs. */
  get health(): Health | null {
    return this.#isUp ? this.#checks?.health ?? null : null;
  }

  /** What keeps it from being launched; null where nothing does. */
  get trouble(): Trouble | null {
    return this.#degradation.current;
  }

  get #isUp(): boolean {
    return this.state === "starting" || this.state === "running";
  }

  /** Take up what the last supervisor has left running; whether it was still there. */
  async adopt(kept: KeptProcess): Promise<boolean> {
    if (kept.group === null || kept.pid === null) return false;
    const run = await ProcessRun.adopt(kept.group, kept.pid, this.definition.launch!);
    if (!run) return false;
    this.#signs.takeUp(kept.has_written);
    await this.app?.takeUp(kept.app_endpoints);
    this.dispatch({ type: "adopt" });
    this.#emit("adopted", { pid: run.pid, reason: "it was running when this supervisor began" });
    this.#watch(run, true, kept.was_running);
    return true;
  }

  /** Let go of what runs, which goes on. */
  detach(): void {
    void this.#checks?.stop();
    const run = this.#run;
    if (!run) return;
    this.keep();
    this.context.monitor.stop(this.id);
    this.app?.release();
    run.detach();
    this.#run = null;
    this.#isDetached = true;
  }

  /** Release all resources; nothing runs by now. */
  async close(forgets: Forgets): Promise<void> {
    this.app?.release();
    await this.#endChecks();
    this.#timers.clear();
    const isKept = this.#isDetached || outlivesRun(this.#machine, this.definition);
    if (forgets === "all" || (forgets === "nothing" && !isKept)) this.#kept.forget(this.id);
    else this.#kept.close();
    await this.context.logs.release(this.logs, forgets !== "nothing");
  }

  /** Wait until something holds of it. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#waiters.wait();
  }

  /** A sample of what runs: limits may demand something. */
  take(metrics: TaskMetrics): void {
    if (!this.#run || !this.#isUp) return;
    const violation = this.#limits.afterSample(metrics, this.#run);
    if (violation) this.dispatch(violation);
  }

  #emit(kind: EventKind, details: EventDetails): void {
    this.context.emit(kind, this.id, details);
  }

  /** Hands the machine an event, and carries out what it demands. */
  dispatch(event: MachineEvent): void {
    const before = this.#machine;
    const done = step(before, event, this.definition.restart, performance.now());
    this.#machine = done.machine;
    if (done.transitions.length > 0) this.#timers.clear();
    tellTransitions(this.context, this.id, done.transitions, this.#run?.pid ?? null);
    if (isToBeKept(before, done)) this.keep();
    tellOutcome(this.context, this.id, event, before, done.machine, this.health);
    if (!this.#isUp) void this.#checks?.stop();
    for (const effect of done.effects) this.#carryOut(effect);
    this.#changed();
  }

  #carryOut(effect: Effect): void {
    if (effect.type === "spawn") return void this.#spawn(++this.#launches);
    if (effect.type === "stop") return this.#run?.stop(effect.kill);
    this.#timers.set(effect.event, effect.afterMs, () => this.dispatch({ type: effect.event }));
  }

  async #spawn(attempt: number): Promise<void> {
    if (this.context.isEnding()) {
      this.dispatch({ type: "stop", reason: "the supervisor ends", byHand: false });
      return this.dispatch({ type: "ended", exit: NO_EXIT });
    }
    try {
      const run = await this.#launch();
      this.#degradation.set("output", null);
      this.#watch(run, false, false);
    } catch (error) {
      const { stage, message, output, isPassing, stack } = launchProblem(error);
      this.#degradation.set("output", output);
      if (this.#launches !== attempt) return;
      // It may have been stopped meanwhile: then nothing is left to stop.
      if (this.state === "stopping") return this.dispatch({ type: "ended", exit: NO_EXIT });
      if (isPassing) return await this.#spawnLater(attempt);
      if (stack !== undefined) this.context.say("error", `${this.id}: ${stack}`);
      this.dispatch({ type: "launch_failed", stage, message: hideSecrets(message) });
    }
  }

  /** @throws what {@link launchProblem} explains; then nothing has been started */
  async #launch(): Promise<ProcessRun> {
    const { definition, context: { directory: { label } } } = this;
    await this.#signs.begin();
    const group = { label, limits: this.#limits.guard.forKernel(), network: countsNetwork(definition) };
    return await launchRun(definition.launch!, group, this);
  }

  /** Launches again until the state can be written and the output collected, or the process is stopped. */
  async #spawnLater(attempt: number): Promise<void> {
    await waitAtMost(LAUNCH_AGAIN_MS, this.until(() => this.state !== "starting"));
    if (this.#launches !== attempt) return;
    if (this.state === "starting") return await this.#spawn(attempt);
    this.dispatch({ type: "ended", exit: NO_EXIT });
  }

  /** Follow what runs now, to its end. */
  #watch(run: ProcessRun, isAdopted: boolean, wasRunning: boolean): void {
    this.#run = run;
    void this.#awaitEnd(run);
    monitorFrom(this.definition, run.group, this.context, this.app);
    if (this.state === "stopping") {
      this.keep();
      return run.stop(false);
    }
    if (!isAdopted && this.definition.launch!.pidFile !== undefined) {
      this.keep();
      this.#comingUp.begin(() => this.#checks?.obstacle ?? this.#run?.obstacle);
      void run.settled.then(() => {
        if (this.#run === run && this.state === "starting") this.#check(run, isAdopted, wasRunning);
      });
      return this.#changed();
    }
    this.#check(run, isAdopted, wasRunning);
  }

  /** The process that is followed is there: begin its checks. */
  #check(run: ProcessRun, isAdopted: boolean, wasRunning: boolean): void {
    const { healthCheck, readinessCheck } = this.definition;
    const context = { ...run.probeContext, ...this.#signs.seen };
    const listener: CheckListener = {
      onChange: (reason) => {
        this.#emit("health", { pid: this.#run?.pid, reason });
        this.#changed();
      },
      onReady: () => this.state === "starting" && this.#comingUp.ready(run),
      // Before it is ready, start_timeout decides.
      onUnhealthy: (message) => {
        if (this.state === "running") this.dispatch({ type: "unhealthy", message });
      },
    };
    this.#checks = new ProcessChecks(this.definition, context, listener, isAdopted, !wasRunning);
    const isReady = !readinessCheck && !healthCheck;
    if (wasRunning || (isReady && run.leftOfStartMs <= 0)) return this.dispatch({ type: "ready" });
    this.keep();
    this.#comingUp.begin(() => this.#checks?.obstacle ?? this.#run?.obstacle);
    this.#changed();
    if (isReady) this.#comingUp.ready(run);
  }

  async #awaitEnd(run: ProcessRun): Promise<void> {
    const exit = await run.ended;
    // Probes have ended and output is logged before the end is reported; a disk in trouble is not waited for.
    const logged = this.logs.ended().catch(() => {});
    await Promise.all([this.#endChecks(), waitAtMost(LOGS_PATIENCE_MS, logged)]);
    run.close();
    if (this.#run === run) this.#ended(run, exit);
  }

  #ended(run: ProcessRun, exit: Exit): void {
    this.context.monitor.stop(this.id);
    this.app?.ended();
    this.#degradation.forget("metrics");
    const { outcome, exitCode: exit_code, signal } = exit;
    this.#lastExit = { at: new Date().toISOString(), outcome, exit_code, signal };
    const violation = this.#isUp && run.hasOomKill ? this.#limits.afterOomKill(run) : null;
    if (violation) this.dispatch(violation);
    this.#run = null;
    this.dispatch({ type: "ended", exit: judged(exit, run, this.state) });
    // What is written just before the next start is overwritten at once; until then, an ended run cannot be taken up.
    if (this.#run === null && !startsWithin(this.#machine, AT_ONCE_MS, performance.now())) this.keep();
  }

  async #endChecks(): Promise<void> {
    const checks = this.#checks;
    await checks?.stop();
    if (this.#checks === checks) this.#checks = null;
  }

  /**
   * Writes what the next supervisor has to know; false when that cannot be written now.
   * @param begun a group in which nothing runs yet
   */
  keep(begun: SavedGroup | null = null): boolean {
    const { definition, context: { bootId }, app } = this;
    const facts = { definition, bootId, begun, machine: this.#machine, run: this.#run };
    const { hasWritten } = this.#signs;
    return this.#kept.keep(keptProcess({ ...facts, hasWritten, endpoints: app?.places ?? null }));
  }

  #changed(): void {
    this.#waiters.wake();
    this.context.changed();
  }
}

const LAUNCH_AGAIN_MS = 250;
const AT_ONCE_MS = 10;
const LOGS_PATIENCE_MS = 5_000;
