import { CLOSED, recordFailure, tryAgain } from "./breaker.ts";
import type { Breaker } from "./breaker.ts";
import type { ProcessState } from "./control.ts";
import { nextRandom, retryDelayMs, stormDelayMs } from "./restart_rules.ts";
import type { FailureClass, RestartRules, Severity } from "./restart_rules.ts";

/*
 * The life of a managed process.
 *
 * It begins STOPPED, or DISABLED when its configuration says that nobody wants it. Somebody starts it, or what it
 * depends on is there: it is STARTING. The command is launched; when it is ready (at once, or when its first probe
 * says so) it is RUNNING. A launch that fails, a program that is not ready in time, and one that ends by itself, are
 * failures (an end with exit code 0 is none, unless the program is to run always).
 *
 * After a failure the policy decides. If it wants no restart, or there were too many in a row, the process has FAILED:
 * it stays so until somebody starts it or resets it. Else it is in BACKOFF, and when the delay is over it is STARTING
 * again. A circuit breaker that opens makes that delay long, and the start after it a trial.
 *
 * Whoever is to go goes by STOPPING: the signal, the grace, the kill; only when its tree is empty is it STOPPED. What
 * comes after that is decided when it begins: rest, a new start (somebody asked for a restart), or the consequences of
 * a failure (a probe or a limit asked for it). Somebody may think differently meanwhile. Stopping what waits in BACKOFF
 * ends at once, since nothing runs.
 *
 * After some time of RUNNING in good health all counts begin anew.
 *
 * Nothing in here looks at a clock, draws a random number, spawns, probes or kills: time is an argument, chance is a
 * seed in the state, and everything else is an effect for somebody else to carry out.
 */

/** The states that may follow each. */
export const TRANSITIONS: Readonly<Record<ProcessState, readonly ProcessState[]>> = {
  stopped: ["starting", "disabled"],
  starting: ["running", "stopping", "stopped", "backoff", "failed"],
  running: ["stopping", "stopped", "backoff", "failed"],
  stopping: ["stopped", "starting", "backoff", "failed"],
  failed: ["starting", "stopped", "disabled"],
  backoff: ["starting", "stopped", "failed", "disabled"],
  disabled: ["starting", "stopped"],
};

/** The step of a launch that failed. */
export type StartStage = "resolve" | "cgroup" | "spawn" | "exec" | "ready";

/** How a run ended. */
export interface Exit {
  readonly outcome: "exited" | "signaled" | "oom_killed" | "unknown";
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** What limits may ask for. */
export type ViolationAction = "graceful_shutdown" | "immediate_kill" | "restart" | "restart_adjusted";

/** What happens to a process. */
export type MachineEvent =
  /** Somebody wants it to run, or its dependencies are there. */
  | { readonly type: "start" }
  /** It runs already, and was taken up. */
  | { readonly type: "adopt" }
  /** It is ready to do its work. */
  | { readonly type: "ready" }
  | { readonly type: "launch_failed"; readonly stage: StartStage; readonly message: string }
  /** It is not ready, and the time for that is over. */
  | { readonly type: "start_overdue"; readonly message: string }
  /** The command has ended and nothing is left of its tree. */
  | { readonly type: "ended"; readonly exit: Exit }
  | { readonly type: "unhealthy"; readonly message: string }
  | { readonly type: "violation"; readonly action: ViolationAction; readonly message: string }
  | { readonly type: "stop"; readonly reason?: string }
  | { readonly type: "restart"; readonly reason?: string }
  /** The delay of the backoff is over. */
  | { readonly type: "due" }
  /** It has been running in good health for `resetAfterMs`. */
  | { readonly type: "settled" }
  /** Close the breaker, forget the failures. */
  | { readonly type: "reset" }
  | { readonly type: "enable" }
  | { readonly type: "disable" };

/** What is to be done. */
export type Effect =
  /** Launch the command. */
  | { readonly type: "spawn" }
  /** Stop the tree: by its signal with its grace, or by SIGKILL at once. */
  | { readonly type: "stop"; readonly kill: boolean }
  /** Set a timer, whose event comes back unless the state is left before. */
  | { readonly type: "arm"; readonly event: "due" | "settled"; readonly afterMs: number };

/** A transition that has taken place. */
export interface Transition {
  readonly from: ProcessState;
  readonly to: ProcessState;
  readonly reason: string | null;
}

/** A failure whose consequences are still to come. */
interface Failure {
  readonly failureClass: FailureClass;
  readonly severity: Severity;
  readonly sentence: string;
  /** Whether the policy is asked at all: a limit may want a restart, or none, whatever it says. */
  readonly restart: "by_policy" | "wanted" | "unwanted";
}

type Next = { readonly then: "rest" } | { readonly then: "start" } | {
  readonly then: "fail";
  readonly failure: Failure;
};

/** A process as the machine knows it; plain data. */
export interface Machine {
  readonly state: ProcessState;
  /** Why it is in this state, in one sentence; null where there is nothing to say. */
  readonly reason: string | null;
  /** Whether somebody has stopped it by hand. */
  readonly stoppedByHand: boolean;
  /** How often it was started. */
  readonly starts: number;
  readonly startedAtMs: number | null;
  /** Restarts in a row, by what made them necessary. */
  readonly retries: Readonly<Record<FailureClass, number>>;
  /** Ends with success right after the start, in a row. */
  readonly quickExits: number;
  readonly breaker: Breaker;
  /** In backoff: until when. */
  readonly dueAtMs: number | null;
  /** When stopping: what comes then. */
  readonly next: Next;
  readonly lastExit: Exit | null;
  /** Of the jitter. */
  readonly seed: number;
}

/** What an event came to. */
export interface Step {
  readonly machine: Machine;
  readonly transitions: readonly Transition[];
  readonly effects: readonly Effect[];
}

const NO_RETRIES = { default: 0, health: 0, resource: 0 };
const REST: Next = { then: "rest" };

/** A process that nothing has happened to. */
export function newMachine(seed: number, enabled = true): Machine {
  return {
    state: enabled ? "stopped" : "disabled",
    reason: null,
    stoppedByHand: false,
    starts: 0,
    startedAtMs: null,
    retries: NO_RETRIES,
    quickExits: 0,
    breaker: CLOSED,
    dueAtMs: null,
    next: REST,
    lastExit: null,
    seed,
  };
}

/** An event that makes no sense in the state the process is in. */
export class InvalidEvent extends Error {
  override readonly name = "InvalidEvent";
  constructor(readonly event: MachineEvent["type"], readonly state: ProcessState) {
    super(`"${event}" makes no sense for a process that is ${state}`);
  }
}

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
      case "start":
        only("stopped", "failed", "backoff", "disabled", "stopping");
        this.set({ stoppedByHand: false });
        if (state === "stopping") return this.set({ next: { then: "start" } });
        if (state !== "backoff") this.forgive();
        return this.start(null);
      case "adopt":
        only("stopped", "disabled");
        this.go("starting", "taken up again: it was running already");
        return this.set({ starts: Math.max(1, this.now.starts), startedAtMs: this.nowMs });
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
        return this.ended(event.exit);
      case "unhealthy":
        only("running");
        // Whoever wants no restart wants no stop either: that it is unhealthy is told all the same.
        if (this.rules.policy === "never") return;
        return this.end(`it was unhealthy: ${event.message}`, "health", "health");
      case "violation":
        only("starting", "running");
        return this.violated(event.action, event.message);
      case "stop":
        only("starting", "running", "stopping", "backoff", "failed");
        this.set({ stoppedByHand: true });
        if (state === "stopping") return this.set({ next: REST });
        if (state === "backoff" || state === "failed") return this.go("stopped", event.reason ?? null);
        return this.stop(event.reason ?? null, REST);
      case "restart":
        this.set({ stoppedByHand: false });
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
      case "disable":
        only("stopped", "failed", "backoff");
        return this.go("disabled", null);
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

  /** Somebody believes in it again: only the memory of the breaker stays. */
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

  ended(exit: Exit): void {
    const { state, next, startedAtMs } = this.now;
    this.set({ lastExit: exit });
    if (state === "stopping") {
      if (next.then === "start") return this.start(this.now.reason);
      if (next.then === "fail") return this.fail(next.failure);
      return this.go("stopped", this.now.reason);
    }
    const sentence = exitSentence(exit);
    if (exit.outcome !== "exited" || exit.exitCode !== 0) {
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

/** How a run ended, in one sentence. */
export function exitSentence({ outcome, exitCode, signal }: Exit): string {
  if (outcome === "oom_killed") return "it was killed for want of memory";
  if (outcome === "signaled") return `it was ended by ${signal ?? "a signal"}`;
  if (outcome === "exited") return `it ended with exit code ${exitCode}`;
  return "it ended, and nobody could tell how";
}
