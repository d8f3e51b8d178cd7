/** What an event is told by, wherever it is told. */
export interface ToldEvent {
  readonly kind: string;
  /** null: of the supervisor itself. */
  readonly id: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly pid: number | null;
  readonly reason: string | null;
}

/** What an event says, without whose it is: `starting → running (PID 4711)`, `limit: memory is 300 MiB`. */
export function eventWords({ kind, id, from, to, pid, reason }: ToldEvent): string {
  const isTransition = kind === "transition" && to !== null;
  const what = isTransition ? from === null ? to : `${from} → ${to}` : kind.replaceAll("_", " ");
  // Who ends, or is stopped, is known by the PID that was told when it came up.
  const who = pid !== null && (to === "running" || id === null) ? ` (PID ${pid})` : "";
  return `${what}${who}${reason === null || reason === "" ? "" : `: ${reason}`}`;
}

/** The same with whose it is; the supervisor's own speak for themselves. */
export function eventSentence(event: ToldEvent): string {
  return event.id === null ? eventWords(event) : `${event.id}: ${eventWords(event)}`;
}
