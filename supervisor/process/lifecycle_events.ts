import type { Health } from "../health/health.ts";
import { hasSucceeded } from "../lifecycle/machine.ts";
import type { Machine } from "../lifecycle/machine.ts";
import type { MachineEvent, Transition } from "../lifecycle/machine_event.ts";
import type { SupervisorContext } from "./supervised.ts";

type Teller = Pick<SupervisorContext, "emit" | "proved">;

/** Emits an event for each transition of a machine. */
export function tellTransitions(
  { emit }: Teller,
  id: string,
  transitions: readonly Transition[],
  pid: number | null,
): void {
  for (const { from, to, reason } of transitions) emit("transition", id, { from, to, reason, pid });
}

/**
 * Emits an event when the circuit breaker of a machine has changed, and tells when its process has proved well by its
 * definition: it has been running for its time and is not unhealthy, or has ended by itself as it was to.
 */
export function tellOutcome(
  { emit, proved }: Teller,
  id: string,
  event: MachineEvent,
  before: Machine,
  { breaker, reason, state, lastExit }: Machine,
  health: Health | null,
): void {
  const isDone = event.type === "ended" && before.state !== "stopping" && state === "stopped" &&
    hasSucceeded(lastExit);
  if (isDone || (event.type === "settled" && health?.status !== "unhealthy")) proved(id);
  if (breaker.state !== before.breaker.state) {
    emit("breaker", id, { reason: SENTENCES[breaker.state] ?? reason });
  }
}

/** An open breaker explains itself in the reason of the machine. */
const SENTENCES: Readonly<Record<Machine["breaker"]["state"], string | null>> = {
  open: null,
  half_open: "the next start is a trial",
  closed: "it has closed: the process goes on well",
};
