import { performance } from "node:perf_hooks";
import { randomInt } from "node:crypto";
import type { Limits } from "../core/limits.ts";
import type { SavedGroup } from "../core/saved_group.ts";
import type { TaskMessage } from "../core/task_message.ts";
import { failureWeight } from "./breaker.ts";
import { CheckLoop } from "./check_loop.ts";
import type { ProcessDescription, ProcessState, ProcessStatus } from "./control.ts";
import type { CheckRule, Condition, Definition } from "./definition.ts";
import type { Health } from "./health.ts";
import { LimitGuard } from "./limit_guard.ts";
import type { ProcessLogs } from "./logs/process_logs.ts";
import { ProcessRun, StartFailure } from "./process_run.ts";
import { chosenMonitoring } from "./monitoring.ts";
import { newMachine, step } from "./state.ts";
import type { Effect, Exit, Machine, MachineEvent } from "./state.ts";
import type { KeptProcess } from "./state_directory.ts";
import type { Supervised, Surroundings } from "./supervised.ts";

/** One process that is started, watched, restarted and stopped: the machine, and what carries its effects out. */
export class ManagedProcess implements Supervised {
  /** What it waits for before it is started; null when for nothing. */
  waitsFor: string | null = null;
  #machine: Machine;
  #run: ProcessRun | null = null;
  /** How many launches there were: an answer to an earlier one is none. */
  #launch = 0;
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #health: CheckLoop | null = null;
  #readiness: CheckLoop | null = null;
  #lastExit: ProcessDescription["last_exit"] = null;
  #waiters = new Set<() => void>();
  #isDetached = false;
  readonly logs: ProcessLogs;
  readonly #limits: LimitGuard;

  constructor(
    public definition: Definition,
    readonly origin: "file" | "api",
    readonly around: Surroundings,
    kept?: KeptProcess,
  ) {
    const machine = newMachine(randomInt(2 ** 31), definition.enabled);
    this.#machine = { ...machine, starts: kept?.starts ?? 0, stoppedByHand: kept?.stopped_by_hand ?? false };
    this.#limits = new LimitGuard(definition.limits, around.support);
    this.logs = around.logs.open(definition.id, definition.logCollection ?? undefined);
  }

  get id(): string {
    return this.definition.id;
  }

  get state(): ProcessState {
    return this.#machine.state;
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** Take up what the last supervisor has left running; whether it was still there. */
  async adopt(kept: KeptProcess): Promise<boolean> {
    if (kept.group === null || kept.pid === null) return false;
    const run = await ProcessRun.adopt(kept.group, kept.pid, this.definition.launch!, () => this.#drain());
    if (!run) return false;
    this.#dispatch({ type: "adopt" });
    this.around.emit("adopted", this.id, {
      pid: run.pid,
      reason: "it was running when this supervisor began",
    });
    this.#take(run, true, kept.was_running);
    return true;
  }

  start(): void {
    this.waitsFor = null;
    this.#dispatch({ type: "start" });
  }

  restart(reason?: string): void {
    this.waitsFor = null;
    this.#dispatch({ type: "restart", reason });
  }

  reset(): void {
    const { state } = this.#machine.breaker;
    this.#dispatch({ type: "reset" });
    if (state !== "closed") this.around.emit("breaker", this.id, { reason: "it was reset by hand" });
  }

  async stop({ reason, byHand }: { reason?: string; byHand: boolean }): Promise<void> {
    this.waitsFor = null;
    const { state } = this.#machine;
    if (["starting", "running", "stopping", "backoff", "failed"].includes(state)) {
      const before = this.#machine.stoppedByHand;
      this.#dispatch({ type: "stop", reason });
      if (!byHand) this.#machine = { ...this.#machine, stoppedByHand: before };
    } else if (byHand) this.#machine = { ...this.#machine, stoppedByHand: true };
    await this.until(() => !["starting", "running", "stopping"].includes(this.state) && this.#run === null);
    if (byHand) this.#keep();
  }

  kill(): void {
    this.#run?.stop(true);
  }

  detach(): void {
    this.#clear();
    const run = this.#run;
    if (!run) return;
    this.#keep();
    this.around.monitor.stop(this.id);
    run.detach();
    this.#run = null;
    this.#isDetached = true;
  }

  async close(forget: boolean): Promise<void> {
    this.#clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    // That somebody has stopped it has to be known by the next supervisor.
    const isKept = this.#isDetached || this.#machine.stoppedByHand;
    if (forget || !isKept) this.around.directory.forget(this.id);
    await this.around.logs.release(this.logs, forget);
  }

  /** Wait until something holds of it. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  fulfils(condition: Condition): boolean {
    if (condition === "exited_successfully") {
      const { lastExit } = this.#machine;
      return lastExit?.exitCode === 0 && !["starting", "running", "stopping"].includes(this.state);
    }
    if (this.state !== "running") return false;
    if (condition === "started") return true;
    return this.#health ? this.#health.health.status === "healthy" : true;
  }

  refusal(condition: Condition): string | null {
    if (this.waitsFor !== null) return null;
    const { state, reason } = this;
    if (state === "failed") return `it has failed: ${reason}`;
    const isOver = state === "stopped" || state === "disabled";
    if (!isOver) return null;
    if (condition === "exited_successfully") {
      return this.#machine.lastExit ? reason ?? "it did not end with exit code 0" : `it is ${state}`;
    }
    return `it is ${state}${reason ? `: ${reason}` : ""}`;
  }

  get reason(): string | null {
    const health = this.#health?.health;
    if (this.waitsFor !== null) return `it waits for ${this.waitsFor}`;
    if (this.state === "running" && health?.status === "unhealthy") {
      return `it is unhealthy: ${health.message}`;
    }
    if (this.state === "starting" && this.#run) return this.#machine.reason ?? "it is not ready yet";
    return this.#machine.reason;
  }

  status(): ProcessStatus {
    const run = this.#run;
    const stats = run && !run.group.isClosed ? run.stats() : null;
    const { state, reason } = this;
    return {
      id: this.id,
      type: this.definition.type,
      state,
      pid: run?.pid ?? null,
      restarts: Math.max(0, this.#machine.starts - 1),
      uptime_seconds: run ? Math.max(0, rounded((Date.now() - run.command.startTimeMs) / 1_000)) : null,
      cpu_percent: stats ? rounded(run!.cpuPercent(stats.totalCpuTimeSeconds)) : null,
      memory_bytes: stats?.memoryBytes ?? null,
      process_count: stats?.activeProcessCount ?? null,
      health: run && this.#health ? this.#health.health.status : null,
      reason,
    };
  }

  describe(): Omit<ProcessDescription, "dependents" | "events"> {
    const { definition, around } = this;
    const { breaker, dueAtMs } = this.#machine;
    const rule = definition.restart.breaker;
    const run = this.#run;
    const now = performance.now();
    const atMs = (ms: number | null) => ms === null ? null : new Date(Date.now() + ms - now).toISOString();
    return {
      status: this.status(),
      definition: definition.shown,
      depends_on: [...definition.dependsOn.keys()],
      mechanism: run?.group.mechanism ?? null,
      mechanism_reason: run?.group.mechanismReason ?? null,
      started_at: run ? new Date(run.command.startTimeMs).toISOString() : null,
      next_start_at: this.state === "backoff" ? atMs(dueAtMs) : null,
      last_exit: this.#lastExit,
      breaker: rule && {
        state: breaker.state,
        failures: Math.round(failureWeight(breaker, rule, now)),
        max_failures: Math.max(1, Math.ceil(rule.failures)),
        open_until: breaker.state === "open" ? atMs(breaker.openUntilMs) : null,
      },
      pid_file: run ? around.directory.pidFile(this.id) : null,
      log_files: this.logs.files,
    };
  }

  onMetrics({ metrics }: TaskMessage): void {
    const run = this.#run;
    const { state } = this;
    if (!run || (state !== "starting" && state !== "running")) return;
    // Its command may go on when another of the tree was killed.
    if (this.#limits.kills && run.hasOomKill) return this.#wasKilled(run);
    const nowMs = performance.now();
    if (nowMs - run.startedMs < this.definition.startupGraceMs) return;
    for (const { verdict, sentence, policy, kind } of this.#limits.look(metrics, nowMs)) {
      this.#tellLimit(policy, sentence);
      if (verdict !== "exceeded") continue;
      if (policy === "none" || policy === "log" || policy === "alert" || policy === "throttle") continue;
      if (policy === "restart_adjusted") this.#limits.adjust(kind);
      return this.#dispatch({ type: "violation", action: policy, message: sentence });
    }
  }

  /** The kernel has killed for the limit on memory. */
  #wasKilled({ command }: ProcessRun): void {
    const isIt = command.exitStatus?.outcome === "oom_killed";
    const kill = this.#limits.afterKill(isIt ? "it" : "a process of it");
    if (!kill) return;
    this.#tellLimit(kill.policy, kill.sentence);
    if (kill.policy === "restart_adjusted") this.#limits.adjust("memory");
    this.#dispatch({ type: "violation", action: kill.policy, message: kill.sentence });
  }

  #tellLimit(policy: string, sentence: string): void {
    if (policy === "none") return;
    this.around.say("warn", `${this.id}: ${sentence}`);
    // To log is all that was asked for.
    if (policy !== "log") this.around.emit("limit", this.id, { pid: this.#run?.pid, reason: sentence });
  }

  #dispatch(event: MachineEvent): void {
    const before = this.#machine;
    const { machine, transitions, effects } = step(before, event, this.definition.restart, performance.now());
    this.#machine = machine;
    if (transitions.length > 0) this.#clearTimers();
    for (const { from, to, reason } of transitions) {
      this.around.emit("transition", this.id, { from, to, reason, pid: this.#run?.pid ?? null });
    }
    if (transitions.some(({ to }) => to === "running")) this.#keep();
    this.#tellBreaker(before);
    if (machine.state !== "starting" && machine.state !== "running") this.#clear();
    for (const effect of effects) this.#carryOut(effect);
    this.#changed();
  }

  #tellBreaker(before: Machine): void {
    const { breaker, reason } = this.#machine;
    if (breaker.state === before.breaker.state) return;
    const sentence = breaker.state === "open"
      ? reason
      : breaker.state === "half_open"
      ? "the next start is a trial"
      : "it has closed: the process goes on well";
    this.around.emit("breaker", this.id, { reason: sentence });
  }

  #carryOut(effect: Effect): void {
    if (effect.type === "spawn") return void this.#spawn(++this.#launch);
    if (effect.type === "stop") return this.#run?.stop(effect.kill);
    this.#arm(effect.event, effect.afterMs, () => this.#dispatch({ type: effect.event }));
  }

  #arm(name: string, afterMs: number, then: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(then, Math.ceil(afterMs)));
  }

  #clearTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #spawn(launch: number): Promise<void> {
    const { launch: rule } = this.definition;
    const isCurrent = () => this.#launch === launch;
    try {
      const limits: Limits | undefined = this.#limits.forKernel();
      const run = await ProcessRun.launch(
        rule!,
        limits,
        (group) => this.#keep(group),
        (start) => this.logs.launch(start),
        () => this.#drain(),
      );
      this.#take(run, false, false);
    } catch (error) {
      if (!isCurrent()) return;
      const failure = error instanceof StartFailure ? error : null;
      if (!failure) this.around.say("error", `${this.id}: ${(error as Error).stack}`);
      // Somebody may have stopped it meanwhile: then nothing is left to stop.
      if (this.state === "stopping") return this.#dispatch({ type: "ended", exit: NO_EXIT });
      const message = failure?.message ?? String(error);
      this.#dispatch({ type: "launch_failed", stage: failure?.stage ?? "spawn", message });
    }
  }

  /** It runs: watch it. */
  #take(run: ProcessRun, isAdopted: boolean, wasRunning: boolean): void {
    this.#run = run;
    const { definition } = this;
    void run.ended.then((exit) => this.#ended(run, exit));
    this.around.monitor.stop(this.id);
    const profile = chosenMonitoring(definition);
    if (profile) this.around.monitor.start(this.id, run.group, profile);
    if (this.state === "stopping") {
      this.#keep();
      return run.stop(false);
    }
    const { healthCheck, readinessCheck, launch } = definition;
    if (healthCheck) {
      this.#health = this.#check(healthCheck, isAdopted, (before) => this.#healthAnswered(before));
    }
    if (wasRunning || (!readinessCheck && !healthCheck)) return this.#dispatch({ type: "ready" });
    this.#keep();
    if (readinessCheck) {
      this.#readiness = this.#check(readinessCheck, isAdopted, () => {
        if (this.#readiness?.health.status === "healthy") this.#ready();
      });
    }
    this.#arm("start", launch!.startTimeoutMs, () => {
      const message = (this.#readiness ?? this.#health)?.health.message ?? "no probe has answered";
      this.#dispatch({ type: "start_overdue", message });
    });
    this.#changed();
  }

  #check(rule: CheckRule, isAdopted: boolean, onAnswer: (before: Health) => void): CheckLoop {
    const { workingDirectory, environment } = this.definition.launch!;
    const context = { processFault: () => this.#run?.fault() ?? null, workingDirectory, environment };
    return new CheckLoop(rule, context, onAnswer, isAdopted);
  }

  #ready(): void {
    this.#readiness?.stop();
    this.#readiness = null;
    if (this.state === "starting") this.#dispatch({ type: "ready" });
  }

  #healthAnswered(before: Health): void {
    const { health } = this.#health!;
    if (health.status !== before.status) {
      const reason = health.status === "unhealthy" ? `it is unhealthy: ${health.message}` : "it is healthy";
      this.around.emit("health", this.id, { pid: this.#run?.pid, reason });
      this.#changed();
    }
    if (health.status === "healthy" && this.state === "starting" && !this.#readiness) this.#ready();
    // Before it is ready it is for start_timeout to decide.
    if (health.status === "unhealthy" && this.state === "running") {
      this.#dispatch({ type: "unhealthy", message: health.message ?? "its probe failed" });
    }
  }

  #ended(run: ProcessRun, exit: Exit): void {
    if (this.#run !== run) return;
    this.around.monitor.stop(this.id);
    this.#lastExit = {
      at: new Date().toISOString(),
      outcome: exit.outcome,
      exit_code: exit.exitCode,
      signal: exit.signal,
    };
    if ((this.state === "running" || this.state === "starting") && run.hasOomKill) this.#wasKilled(run);
    this.#run = null;
    this.#dispatch({ type: "ended", exit });
    if (this.#run === null && this.#launch > 0 && !this.#startsAtOnce()) this.#keep();
  }

  /** Then what is noted down now would be overwritten: until that is, a run that has ended is none to take up. */
  #startsAtOnce(): boolean {
    const { state, dueAtMs } = this.#machine;
    return state === "backoff" && dueAtMs !== null && dueAtMs - performance.now() < AT_ONCE_MS;
  }

  /** Everything that was written stands in the logs before the end is told; a disk in trouble is not waited for. */
  async #drain(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, LOGS_PATIENCE_MS));
    await Promise.race([this.logs.ended().catch(() => {}), late]);
    clearTimeout(timer);
  }

  /** No more questions about what does not run. */
  #clear(): void {
    this.#health?.stop();
    this.#readiness?.stop();
    this.#health = this.#readiness = null;
  }

  /** @param begun a group in which nothing runs yet */
  #keep(begun: SavedGroup | null = null): void {
    const run = this.#run;
    const { launch, fingerprint } = this.definition;
    const group = run && !run.group.isClosed ? run.group.save() : begun;
    const kept: KeptProcess = {
      version: 1,
      id: this.id,
      pid: run?.pid ?? null,
      start_time: run ? new Date(run.command.startTimeMs).toISOString() : null,
      cgroup: group?.directory ?? null,
      group,
      fingerprint,
      was_running: this.state === "running",
      stopped_by_hand: this.#machine.stoppedByHand,
      starts: this.#machine.starts,
      stop_signal: launch?.stopSignal ?? "SIGTERM",
      graceful_timeout_ms: launch?.gracefulTimeoutMs ?? 0,
    };
    try {
      this.around.directory.keep(kept);
    } catch (error) {
      // It is better supervised now and lost to the next supervisor than not at all.
      this.around.say("error", `${this.id}: its state cannot be written: ${(error as Error).message}`);
    }
  }

  #changed(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
    this.around.changed();
  }
}

const AT_ONCE_MS = 10;
const LOGS_PATIENCE_MS = 5_000;
const NO_EXIT: Exit = { outcome: "unknown", exitCode: null, signal: null };

function rounded<T extends number | null>(value: T): T {
  return (value === null ? null : Math.round(value * 1_000) / 1_000) as T;
}
