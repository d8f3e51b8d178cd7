import { randomInt } from "node:crypto";
import type { SavedGroup } from "../../core/schema/saved_group.ts";
import type { TaskMetrics } from "../../core/schema/task_message.ts";
import { waitAtMost } from "../../io/deadline.ts";
import type { ProcessDescription, ProcessState } from "../control.ts";
import type { Definition } from "../definition.ts";
import { worse } from "../health/health.ts";
import type { Health } from "../health/health.ts";
import { ProcessChecks } from "../health/process_checks.ts";
import type { CheckListener } from "../health/process_checks.ts";
import { Signs } from "../health/signs.ts";
import { keptProcess } from "../kept/kept_process.ts";
import { KeptState } from "../kept/kept_state.ts";
import { isToBeKept, outlivesRun } from "../kept/process_memory.ts";
import type { KeptProcess } from "../kept/state_directory.ts";
import { newMachine, startsAtOnce } from "../lifecycle/machine.ts";
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
import { launchRun } from "./launch.ts";
import { tellOutcome, tellTransitions } from "./lifecycle_events.ts";
import { countsNetwork, monitorFrom } from "./monitoring.ts";
import { ProcessApp } from "./process_app.ts";
import { ProcessRun } from "./process_run.ts";
import { Spawner } from "./spawner.ts";
import type { Forgets, SupervisorContext } from "./supervised.ts";

/** The machine of one managed process: hands it events, and carries its effects out. */
export class MachineDriver {
  readonly id: string;
  #machine: Machine;
  #run: ProcessRun | null = null;
  readonly #timers = new Timers();
  readonly #comingUp: ComingUp;
  #checks: ProcessChecks | null = null;
  lastExit: ProcessDescription["last_exit"] = null;
  /** When it is started next by its schedule: the next supervisor tells what was missed. */
  scheduledAtMs: number | null = null;
  readonly #waiters = new Waiters();
  isDetached = false; // It runs on without us.
  readonly logs: ProcessLogs;
  readonly signs: Signs;
  readonly #limits: LimitViolations;
  readonly #kept: KeptState;
  /** What it tells of itself; null where nothing of that is to be had. */
  readonly app: ProcessApp | null;
  readonly #degradation = new Degradation((reason) => this.context.emit("degraded", this.id, { reason }));
  readonly #spawner = new Spawner(this, this.#degradation, {
    launch: () => this.#launch(),
    onRun: (run) => this.#watch(run, false, false),
  });

  constructor(readonly definition: Definition, readonly context: SupervisorContext, memory?: Memory) {
    this.id = definition.id;
    this.#machine = newMachine(randomInt(2 ** 31), definition.enabled, memory);
    this.#comingUp = new ComingUp(this.#timers, definition, (event) => this.dispatch(event));
    this.#kept = new KeptState(context.directory, (why) => this.#degradation.set("state", why));
    this.#limits = new LimitViolations(definition, context);
    this.app = ProcessApp.of(definition, context, (why) => this.#degradation.set("metrics", why));
    this.logs = context.logs.open(definition.id, definition.logCollection ?? undefined);
    this.signs = new Signs(definition, this.logs, context.notify, {
      ...this.#listener,
      pid: () => this.#run?.pid ?? null,
      has: (pid) => this.#run?.group.has(pid) ?? false,
      onReady: () => this.#signSeen(),
      onStuck: () => {
        if (this.#run) context.say("warn", `${this.id}: ${STUCK}`);
        this.#run?.stop(true);
      },
      onTold: () => this.#changed(),
    });
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

  /** null without a health check, or while nothing runs. */
  get health(): Health | null {
    return this.#isUp ? worse(this.#checks?.health ?? null, this.signs.notify?.health ?? null) : null;
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
    const [{ group, pid }, { launch }] = [kept, this.definition];
    if (group === null || pid === null) return false;
    const run = await ProcessRun.adopt(group, pid, launch!, this.#limits.guard.kills);
    if (!run) return false;
    await this.app?.takeUp(kept.app_endpoints);
    const deaf = await this.signs.takeUp(kept);
    if (deaf !== null) this.context.say("warn", `${this.id}: ${deaf}`);
    this.dispatch({ type: "adopt" });
    this.context.emit("adopted", this.id, {
      pid: run.pid,
      reason: "it was running when this supervisor began",
    });
    this.#watch(run, true, kept.was_running);
    return true;
  }

  /** Let go of what runs, which goes on; of what is being launched, when it runs. */
  async detach(): Promise<void> {
    await this.#spawner.idle;
    // Of a daemon that is still to be there the next supervisor would not know which one it is.
    await Promise.race([this.#run?.settled, this.#run?.ended]);
    void this.#checks?.stop();
    const run = this.#run;
    if (!run) return;
    // What it has said already it does not say again.
    this.context.notify.drain();
    this.keep();
    this.context.monitor.stop(this.id);
    this.app?.release();
    this.signs.notify?.end();
    run.detach();
    [this.#run, this.isDetached] = [null, true];
    this.#waiters.wake();
  }

  readonly #listener: Omit<CheckListener, "onReady"> = {
    onChange: (reason) => {
      this.context.emit("health", this.id, { pid: this.#run?.pid, reason });
      this.#changed();
    },
    // Before it is ready, start_timeout decides.
    onUnhealthy: (message) => {
      if (this.state === "running") this.dispatch({ type: "unhealthy", message });
    },
  };

  #signSeen(): void {
    // Of a run that is there alone: before that, a group is noted down in which nothing runs yet.
    if (this.#run) this.keep();
    this.#checks?.hurryReadiness();
  }

  /** Release all resources; nothing runs by now. */
  async close(forgets: Forgets): Promise<void> {
    this.app?.release();
    this.signs.notify?.end();
    await this.#endChecks();
    this.#timers.clear();
    const isKept = this.isDetached || this.scheduledAtMs !== null ||
      outlivesRun(this.#machine, this.definition);
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

  /** Hands the machine an event, and carries out what it demands. */
  dispatch(event: MachineEvent): void {
    const before = this.#machine;
    const done = step(before, event, this.definition.restart, performance.now());
    this.#machine = done.machine;
    if (done.transitions.length > 0) {
      this.#timers.clear();
      this.signs.notify?.watch(this.state === "running");
    }
    tellTransitions(this.context, this.id, done.transitions, this.#run?.pid ?? null);
    if (isToBeKept(before, done)) this.keep();
    tellOutcome(this.context, this.id, event, before, done.machine, this.health);
    if (!this.#isUp) void this.#checks?.stop();
    for (const effect of done.effects) this.#carryOut(effect);
    this.#changed();
  }

  #carryOut(effect: Effect): void {
    if (effect.type === "spawn") return this.#spawner.spawn();
    if (effect.type === "stop") return this.#run?.stop(effect.kill);
    this.#timers.set(effect.event, effect.afterMs, () => this.dispatch({ type: effect.event }));
  }

  async #launch(): Promise<ProcessRun> {
    const { definition, context: { directory: { label } } } = this;
    await this.signs.begin();
    const group = { label, limits: this.#limits.guard.forKernel(), network: countsNetwork(definition) };
    return await launchRun(definition.launch!, group, this);
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
    const context = { ...run.probeContext, ...this.signs.seen };
    const onReady = () => this.state === "starting" && this.#comingUp.ready(run);
    const listener = { ...this.#listener, onReady };
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
    if (this.#run === run) this.#ended(run, exit);
    // What is started next, at once, does not wait until the container of the last is gone.
    this.#spawner.behind(() => run.close());
  }

  #ended(run: ProcessRun, exit: Exit): void {
    this.context.monitor.stop(this.id);
    this.app?.ended();
    this.signs.notify?.end();
    this.#degradation.forget("metrics");
    const { outcome, exitCode: exit_code, signal } = exit;
    this.lastExit = { at: new Date().toISOString(), outcome, exit_code, signal };
    const violation = this.#isUp && run.hasOomKill ? this.#limits.afterOomKill(run) : null;
    if (violation) this.dispatch(violation);
    this.#run = null;
    this.dispatch({ type: "ended", exit: judged(exit, run, this.state) });
    // Just before the next start it would be overwritten at once; until then, an ended run cannot be taken up.
    if (this.#run === null && !startsAtOnce(this.#machine, performance.now())) this.keep();
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
    const { definition, context: { bootId }, app, scheduledAtMs } = this;
    const facts = { definition, bootId, begun, machine: this.#machine, run: this.#run, signs: this.signs };
    return this.#kept.keep(keptProcess({ ...facts, scheduledAtMs, endpoints: app?.places ?? null }));
  }

  #changed(): void {
    this.#waiters.wake();
    this.context.changed();
  }
}

const STUCK = "it has said STOPPING=1 and not ended within its grace: it is killed";
const LOGS_PATIENCE_MS = 5_000;
