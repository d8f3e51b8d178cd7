import type { ProcessState } from "../control.ts";
import { CLOSED, recordFailure, tryAgain } from "./breaker.ts";
import { exitSentence, hasSucceeded, NO_RETRIES, REST } from "./machine.ts";
import type { Exit, Failure, Machine, Next } from "./machine.ts";
import { InvalidEvent, TRANSITIONS } from "./machine_event.ts";
import type { Effect, MachineEvent, Step, Transition, ViolationAction } from "./machine_event.ts";
import { nextRandom, retryDelayMs, stormDelayMs } from "./restart_rules.ts";
import type { FailureClass, RestartRules, Severity } from "./restart_rules.ts";

/*
 * The life of a managed process.
 *
 * It begins STOPPED, or DISABLED when its configuration does not enable it. A person starts it, or what it depends on
 * is there: it is STARTING. The command is launched; when it is ready (at once, or when its first probe
 * says so) it is RUNNING. A launch that fails, a program that is not ready in time, and one that ends by itself, are
 * failures (an end with exit code 0 is none, unless the program is to run always).
 *
 * After a failure the policy decides. If it wants no restart, or there were too many in a row, the process has FAILED:
 * it stays so until a person starts it or resets it. Else it is in BACKOFF, and when the delay is over it is STARTING
 * again. A circuit breaker that opens makes that delay long, and the start after it a trial.
 *
 * Every stop goes by STOPPING: the signal, the grace, the kill; only when its tree is empty is it STOPPED. What
 * comes after that is decided when it begins: rest, a new start (a restart was asked for), or the consequences of
 * a failure (a probe or a limit asked for it). Another event may change that meanwhile. Stopping what waits in BACKOFF
 * ends at once, since nothing runs.
 *
 * After some time of RUNNING in good health all counts are reset.
 *
 * Nothing in here looks at a clock, draws a random number, spawns, probes or kills: time is an argument, chance is a
 * seed in the state, and everything else is an effect that the caller carries out.
 */

/**
 * What an event makes of a process.
 * @param nowMs on any clock that does not go back
 * @throws InvalidEvent when the event cannot happen in this state
 */
export function step(machine: Machine, event: MachineEvent, rules: RestartRules, nowMs: number): Step {
  const change = new Change(machine, rules, nowMs);
  change.apply(event);
  return { machine: change.now, transitions: change.transitions, effects: change.effects };
}

/** One event in the works. */
class Change {
  now: Machine;
  readonly transitions: Transition[] = [];
  readonly effects: Effect[] = [];

  constructor(machine: Machine, readonly rules: RestartRules, readonly nowMs: number) {
    this.now = machine;
  }

  apply(event: MachineEvent): void {
    const { state } = this.now;
    const only = (...states: ProcessState[]) => {
      if (!states.includes(state)) throw new InvalidEvent(event.type, state);
    };
    switch (event.type) {
      case "want":
        return this.set({ decision: "start" });
      case "start":
        only("stopped", "failed", "backoff", "disabled", "stopping");
        if (state === "stopping") return this.set({ next: { then: "start" } });
        if (state !== "backoff") this.forgive();
        return this.start(null);
      case "adopt":
        only("stopped", "disabled");
        this.go("starting", "taken up again: it was running already");
        return this.set({
          starts: event.isNew ? this.now.starts + 1 : Math.max(1, this.now.starts),
          startedAtMs: this.nowMs,
        });
      case "ready":
        only("starting");
        this.go("running", null);
        return void this.effects.push({
          type: "arm",
          event: "settled",
          afterMs: this.rules.resetAfterMs,
        });
      case "launch_failed":
        only("starting");
        return this.fail({
          failureClass: "default",
          severity: "start",
          sentence: `it could not be started (${event.stage}): ${event.message}`,
          restart: "by_policy",
        });
      case "start_overdue":
        only("starting");
        return this.end(`it was not ready in time (ready): ${event.message}`, "start", "default");
      case "ended":
        only("starting", "running", "stopping");
        return this.ended(event.exit, event.reason);
      case "unhealthy":
        only("running");
        // Without restarts it is not stopped either; the change of health is reported all the same.
        if (this.rules.policy === "never") return;
        return this.end(`it was unhealthy: ${event.message}`, "health", "health");
      case "violation":
        only("starting", "running");
        return this.violated(event.action, event.message);
      case "stop":
        if (event.byHand) this.set({ decision: "stop" });
        if (state === "stopped" || state === "disabled") return;
        if (state === "stopping") return this.set({ next: REST });
        if (state === "backoff" || state === "failed") return this.go("stopped", event.reason ?? null);
        return this.stop(event.reason ?? null, REST);
      case "explain":
        only("stopped", "disabled");
        return this.set({ reason: event.reason });
      case "restart":
        if (event.byHand) this.set({ decision: "start" });
        if (state === "stopping") return this.set({ next: { then: "start" } });
        if (state === "starting" || state === "running") {
          return this.stop(event.reason ?? "restart was asked for", { then: "start" });
        }
        this.forgive();
        return this.start(event.reason ?? null);
      case "due":
        only("backoff");
        return this.start(this.now.reason);
      case "settled":
        only("running");
        return this.set({ retries: NO_RETRIES, quickExits: 0, breaker: CLOSED });
      case "reset":
        this.set({ retries: NO_RETRIES, quickExits: 0, breaker: CLOSED });
        if (state === "failed" || state === "backoff") this.start(null);
        return;
      case "enable":
        only("disabled");
        return this.go("stopped", null);
    }
  }

  set(change: Partial<Machine>): void {
    this.now = { ...this.now, ...change };
  }

  go(to: ProcessState, reason: string | null): void {
    const from = this.now.state;
    if (!TRANSITIONS[from].includes(to)) throw new Error(`no way leads from ${from} to ${to}`);
    const runs = to === "starting" || to === "running" || to === "stopping";
    this.set({
      state: to,
      reason,
      startedAtMs: runs ? this.now.startedAtMs : null,
      dueAtMs: null,
      next: REST,
    });
    this.transitions.push({ from, to, reason });
  }

  /** A start by hand resets the counts; only the breaker remembers. */
  forgive(): void {
    this.set({ retries: NO_RETRIES, quickExits: 0 });
  }

  start(reason: string | null): void {
    this.go("starting", reason);
    this.set({
      starts: this.now.starts + 1,
      startedAtMs: this.nowMs,
      breaker: tryAgain(this.now.breaker),
    });
    this.effects.push({ type: "spawn" });
  }

  stop(reason: string | null, next: Next, kill = false): void {
    this.go("stopping", reason);
    this.set({ next });
    this.effects.push({ type: "stop", kill });
  }

  end(sentence: string, severity: Severity, failureClass: FailureClass): void {
    const failure: Failure = { failureClass, severity, sentence, restart: "by_policy" };
    this.stop(sentence, { then: "fail", failure });
  }

  violated(action: ViolationAction, message: string): void {
    const failure: Failure = {
      failureClass: "resource",
      severity: "resource",
      sentence: message,
      restart: action === "restart" || action === "restart_adjusted" ? "wanted" : "unwanted",
    };
    this.stop(message, { then: "fail", failure }, action === "immediate_kill");
  }

  ended(exit: Exit, reason?: string): void {
    const { state, next, startedAtMs } = this.now;
    this.set({ lastExit: exit });
    if (state === "stopping") {
      if (next.then === "start") return this.start(this.now.reason);
      if (next.then === "fail") return this.fail(next.failure);
      return this.go("stopped", this.now.reason);
    }
    const sentence = reason ?? exitSentence(exit);
    if (!hasSucceeded(exit)) {
      const resource = exit.outcome === "oom_killed";
      return this.fail({
        failureClass: resource ? "resource" : "default",
        severity: resource ? "resource" : "exit",
        sentence,
        restart: "by_policy",
      });
    }
    const { policy, storm } = this.rules;
    if (policy === "never" || policy === "on_failure") return this.go("stopped", sentence);
    const isQuick = startedAtMs !== null && this.nowMs - startedAtMs < storm.minUptimeMs;
    const quickExits = isQuick ? this.now.quickExits + 1 : 0;
    this.set({ quickExits });
    if (quickExits > storm.maxExits) {
      return this.go("failed", `it ends with success as soon as it is started, ${quickExits} times in a row`);
    }
    this.backOff(this.delayMs("default", 1, isQuick ? stormDelayMs(quickExits) : 0), sentence);
  }

  fail(failure: Failure): void {
    const { failureClass, severity, sentence } = failure;
    const { policy, retry, breaker: rule } = this.rules;
    const attempts = this.now.retries[failureClass] + 1;
    if (failure.restart === "unwanted" || (failure.restart === "by_policy" && policy === "never")) {
      return this.go("failed", sentence);
    }
    const { maxRetries } = retry[failureClass];
    if (attempts > maxRetries) {
      const restarts = maxRetries === 1 ? "1 restart" : `${maxRetries} restarts`;
      return this.go("failed", `given up after ${restarts} in a row: ${sentence}`);
    }
    this.set({ retries: { ...this.now.retries, [failureClass]: attempts } });
    if (rule) this.set({ breaker: recordFailure(this.now.breaker, rule, severity, this.nowMs) });
    const { breaker } = this.now;
    if (breaker.state === "open") {
      return this.backOff(breaker.openUntilMs! - this.nowMs, `its circuit breaker is open: ${sentence}`);
    }
    this.backOff(this.delayMs(failureClass, attempts, 0), sentence);
  }

  delayMs(failureClass: FailureClass, attempt: number, atLeastMs: number): number {
    const { seed, value } = nextRandom(this.now.seed);
    this.set({ seed });
    return Math.max(retryDelayMs(this.rules.retry[failureClass], attempt, value), atLeastMs);
  }

  backOff(afterMs: number, sentence: string): void {
    this.go("backoff", sentence);
    if (afterMs <= 0) return this.start(sentence);
    this.set({ dueAtMs: this.nowMs + afterMs });
    this.effects.push({ type: "arm", event: "due", afterMs });
  }
}
