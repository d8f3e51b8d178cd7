import type { ProcessState } from "../control.ts";
import { CLOSED } from "./breaker.ts";
import type { Breaker } from "./breaker.ts";
import type { FailureClass, Severity } from "./restart_rules.ts";

/*
 * What the machine of a process knows: plain data, which only `step` (state.ts) changes, into a new one.
 */

/** How a run ended. */
export interface Exit {
  readonly outcome: "exited" | "signaled" | "oom_killed" | "unknown";
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What else was seen, as the end of the sentence about it. */
  readonly remark?: string;
  /** Why it is a failure whatever its exit code: a sentence. */
  readonly fault?: string;
  /** Its exit code is one that counts as success, though it is not 0. */
  readonly isSuccess?: boolean;
}

/** Of what has never run, or whose end nobody has seen. */
export const NO_EXIT: Exit = { outcome: "unknown", exitCode: null, signal: null };

/** Whether a run has ended as it was to. */
export function hasSucceeded(exit: Exit | null): boolean {
  return exit?.outcome === "exited" && exit.fault === undefined &&
    (exit.exitCode === 0 || exit.isSuccess === true);
}

/** What a person has asked for last: it outlives runs, definitions and supervisors. */
export type Decision = "start" | "stop";

/** What a machine knows from before: of an earlier supervisor, or of an earlier definition. */
export interface Memory {
  readonly decision: Decision | null;
  readonly starts: number;
  readonly lastExit: Exit | null;
}

/** A failure whose consequences are still to come. */
export interface Failure {
  readonly failureClass: FailureClass;
  readonly severity: Severity;
  readonly sentence: string;
  /** Whether the policy is asked at all: a limit may want a restart, or none, whatever it says. */
  readonly restart: "by_policy" | "wanted" | "unwanted";
}

/** What follows once a tree that is being stopped is empty. */
export type Next = { readonly then: "rest" } | { readonly then: "start" } | {
  readonly then: "fail";
  readonly failure: Failure;
};

/** A process as the machine knows it; plain data. */
export interface Machine {
  readonly state: ProcessState;
  /** Why it is in this state, in one sentence; null where there is nothing to say. */
  readonly reason: string | null;
  readonly decision: Decision | null;
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

/** No restarts in a row. */
export const NO_RETRIES = { default: 0, health: 0, resource: 0 };
/** Nothing follows. */
export const REST: Next = { then: "rest" };

/** A process that was never started. */
export const NO_MEMORY: Memory = { decision: null, starts: 0, lastExit: null };

/** A process that nothing has happened to under this supervisor and this definition. */
export function newMachine(seed: number, enabled = true, memory: Memory = NO_MEMORY): Machine {
  const { decision, starts, lastExit } = memory;
  return {
    state: enabled ? "stopped" : "disabled",
    reason: decision === "stop" ? "it was stopped by hand" : null,
    decision,
    starts,
    startedAtMs: null,
    retries: NO_RETRIES,
    quickExits: 0,
    breaker: CLOSED,
    dueAtMs: null,
    next: REST,
    lastExit,
    seed,
  };
}

/** Whether it is to run as far as people have said: the last word counts, be it by hand or in the configuration. */
export function isToRun({ decision }: Pick<Machine, "decision">, enabled: boolean): boolean {
  return decision === null ? enabled : decision === "start";
}

/** Whether it is being started, or the backoff ends in a moment. */
export function startsAtOnce({ state, dueAtMs }: Machine, nowMs: number): boolean {
  return state === "starting" || (state === "backoff" && dueAtMs !== null && dueAtMs - nowMs < AT_ONCE_MS);
}

const AT_ONCE_MS = 10;

/** How a run ended, in one sentence. */
export function exitSentence({ outcome, exitCode, signal, remark, fault, isSuccess }: Exit): string {
  if (fault !== undefined) return fault;
  if (outcome === "oom_killed") return "it was killed: out of memory";
  if (outcome === "signaled") return `it was ended by ${signal ?? "a signal"}`;
  if (outcome === "exited") {
    return `it ended with exit code ${exitCode}${isSuccess ? ", a success" : ""}${
      remark ? ` ${remark}` : ""
    }`;
  }
  return "it ended; how is unknown";
}
