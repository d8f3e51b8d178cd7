import type { SupervisorEvent } from "../control.ts";

/** Somebody whom events are handed to. */
export interface EventTaker {
  /** Take an event; returns at once. */
  take(event: SupervisorEvent): void;
  /** Nothing more comes: do what is to be done now; resolves when nothing waits or runs. */
  finish(): Promise<void>;
  /** Stop what runs, and drop what waits; {@link finish} tells when that is done. */
  abort(): void;
}
