import type { Definition } from "../definition.ts";
import { hasSucceeded, NO_MEMORY } from "../lifecycle/machine.ts";
import type { Decision, Exit, Machine, Memory } from "../lifecycle/machine.ts";
import type { Step } from "../lifecycle/machine_event.ts";
import type { KeptProcess } from "./state_directory.ts";

/*
 * What outlives a supervisor, or a change of the definition: the last word of a person, be it by hand or in the
 * configuration, and that a one-shot is done.
 */

/** What is kept of that in the state file. */
export type KeptMemory = Pick<
  KeptProcess,
  | "stopped_by_hand"
  | "started_by_hand"
  | "is_restarting"
  | "enabled"
  | "done_in_boot"
  | "starts"
  | "fingerprint"
>;

const DONE: Exit = { outcome: "exited", exitCode: 0, signal: null };

/** What the next supervisor has to know of a machine. */
export function memoryToKeep(
  { decision, starts, lastExit, state, next }: Pick<
    Machine,
    "decision" | "starts" | "lastExit" | "state" | "next"
  >,
  definition: Pick<Definition, "enabled" | "fingerprint" | "restart">,
  bootId: string,
): KeptMemory {
  const isDone = definition.restart.policy === "never" && state === "stopped" && hasSucceeded(lastExit);
  return {
    stopped_by_hand: decision === "stop",
    started_by_hand: decision === "start",
    is_restarting: next.then === "start",
    enabled: definition.enabled,
    done_in_boot: isDone ? bootId : null,
    starts,
    fingerprint: definition.fingerprint,
  };
}

/** Whether a step has changed what the next supervisor has to know. */
export function isToBeKept(before: Machine, { machine, transitions }: Step): boolean {
  const isDecided = machine.decision !== before.decision ||
    (machine.next.then === "start" && before.next.then !== "start");
  return isDecided || transitions.some(({ to }) => to === "running");
}

/**
 * Whether the next supervisor has to know of what does not run: what people have decided, and what need not be done
 * again.
 */
export function outlivesRun(
  machine: Pick<Machine, "decision" | "lastExit">,
  definition: Pick<Definition, "enabled" | "restart">,
): boolean {
  const { decision } = machine;
  return decision === "stop" || (decision === "start" && !definition.enabled) || isDone(machine, definition);
}

/** What a new supervisor makes of what the last one has kept. */
export function memoryFromKept(
  kept: KeptMemory | undefined,
  definition: Pick<Definition, "enabled" | "fingerprint" | "restart">,
  bootId: string,
): Memory {
  if (!kept) return NO_MEMORY;
  const byHand: Decision | null = kept.stopped_by_hand ? "stop" : kept.started_by_hand ? "start" : null;
  const decision = lastWord(byHand, kept.enabled ?? definition.enabled, definition.enabled);
  const isDone = kept.done_in_boot === bootId && kept.fingerprint === definition.fingerprint;
  return {
    // "always" starts also what was stopped by hand when the supervisor starts again.
    decision: decision === "stop" && definition.restart.policy === "always" ? null : decision,
    starts: kept.starts,
    lastExit: isDone ? DONE : null,
  };
}

/** What a new definition of a process makes of what was known under the old one. */
export function memoryAfterChange(
  { decision, starts }: Pick<Machine, "decision" | "starts">,
  before: Pick<Definition, "enabled">,
  after: Pick<Definition, "enabled">,
): Memory {
  return { decision: lastWord(decision, before.enabled, after.enabled), starts, lastExit: null };
}

/** Whether all there is to do was done, and is not to be done again by itself. */
export function isDone(
  { lastExit }: Pick<Machine, "lastExit">,
  { restart }: Pick<Definition, "restart">,
): boolean {
  return restart.policy === "never" && hasSucceeded(lastExit);
}

/** A change of `enabled` is a later decision than one by hand. */
function lastWord(byHand: Decision | null, enabledThen: boolean, enabledNow: boolean): Decision | null {
  return enabledThen === enabledNow ? byHand : null;
}
