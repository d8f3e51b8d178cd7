/** What happened to a managed process, or to the supervisor itself. */
export const EVENT_KINDS = [
  /** From one state to another. */
  "transition",
  /** A health check has changed its mind. */
  "health",
  /** A limit or its warning threshold was crossed, or is kept again. */
  "limit",
  /** A circuit breaker has opened, tries again, or has closed. */
  "breaker",
  /** The supervisor cannot write down what the next one has to know, or not do something else, or can again. */
  "degraded",
  /** A start by its schedule was left out, or missed. */
  "schedule",
  /** Lines of its output were dropped by a rate limit. */
  "output_dropped",
  /** A process that outlived its supervisor was taken up again. */
  "adopted",
  /** Somebody had a signal sent to it. */
  "signalled",
  "added",
  "removed",
  /** The configuration was read again, or could not be: then nothing has changed. */
  "reloaded",
  "reload_failed",
  /** An instance is not ready with its new definition: those after it stay as they are. */
  "rollout_stopped",
  /** An earlier definition is in force, or no longer. */
  "rollback",
  "supervisor_started",
  "supervisor_stopping",
] as const;

/** What kind of thing has happened. */
export type EventKind = (typeof EVENT_KINDS)[number];
