/** The states of a supervised process, who is in trouble first: so lists are sorted by state. */
export const STATES_BY_URGENCY: readonly string[] = [
  "failed",
  "backoff",
  "stopping",
  "starting",
  "running",
  "stopped",
  "disabled",
];
