import type { Machine } from "../lifecycle/machine.ts";
import type { Transition } from "../lifecycle/machine_event.ts";
import type { SupervisorContext } from "./supervised.ts";

type Teller = Pick<SupervisorContext, "emit">;

/** Emits an event for each transition of a machine. */
export function tellTransitions(
  { emit }: Teller,
  id: string,
  transitions: readonly Transition[],
  pid: number | null,
): void {
  for (const { from, to, reason } of transitions) emit("transition", id, { from, to, reason, pid });
}

/** Emits an event when the circuit breaker of a machine has changed. */
export function tellBreaker(
  { emit }: Teller,
  id: string,
  before: Machine,
  { breaker, reason }: Machine,
): void {
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
