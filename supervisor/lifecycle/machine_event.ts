import type { ProcessState } from "../control.ts";
import type { Exit, Machine } from "./machine.ts";

/*
 * What goes into the machine of a process, and what comes out of it.
 */

/** The states that may follow each. */
export const TRANSITIONS: Readonly<Record<ProcessState, readonly ProcessState[]>> = {
  stopped: ["starting"],
  starting: ["running", "stopping", "stopped", "backoff", "failed"],
  running: ["stopping", "stopped", "backoff", "failed"],
  stopping: ["stopped", "starting", "backoff", "failed"],
  failed: ["starting", "stopped"],
  backoff: ["starting", "stopped", "failed"],
  disabled: ["starting", "stopped"],
};

/** The step of a launch that failed. */
export type StartStage = "resolve" | "cgroup" | "spawn" | "exec" | "ready";

/** What limits may ask for. */
export type ViolationAction = "graceful_shutdown" | "immediate_kill" | "restart" | "restart_adjusted";

/** What happens to a process. */
export type MachineEvent =
  /** A person wants it to run: remembered, whatever it still has to wait for. */
  | { readonly type: "want" }
  /** It is to run, and what it depends on is there. */
  | { readonly type: "start" }
  /** It runs already, and was taken up; `isNew` when it is another one than the last that was known. */
  | { readonly type: "adopt"; readonly isNew?: boolean }
  /** It is ready to do its work. */
  | { readonly type: "ready" }
  | { readonly type: "launch_failed"; readonly stage: StartStage; readonly message: string }
  /** It is not ready, and the time for that is over. */
  | { readonly type: "start_overdue"; readonly message: string }
  /** The command has ended and nothing is left of its tree; `reason` where there is more to say than how it ended. */
  | { readonly type: "ended"; readonly exit: Exit; readonly reason?: string }
  | { readonly type: "unhealthy"; readonly message: string }
  | { readonly type: "violation"; readonly action: ViolationAction; readonly message: string }
  /** `byHand`: a person wants it to stay down. */
  | { readonly type: "stop"; readonly reason?: string; readonly byHand?: boolean }
  | { readonly type: "restart"; readonly reason?: string; readonly byHand?: boolean }
  /** Why it does not run is known better now. */
  | { readonly type: "explain"; readonly reason: string }
  /** The delay of the backoff is over. */
  | { readonly type: "due" }
  /** It has been running in good health for `resetAfterMs`. */
  | { readonly type: "settled" }
  /** Close the breaker, forget the failures. */
  | { readonly type: "reset" }
  /** A DISABLED process may run now. */
  | { readonly type: "enable" };

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

/** What an event came to. */
export interface Step {
  readonly machine: Machine;
  readonly transitions: readonly Transition[];
  readonly effects: readonly Effect[];
}

/** An event that makes no sense in the state the process is in. */
export class InvalidEvent extends Error {
  override readonly name = "InvalidEvent";
  constructor(readonly event: MachineEvent["type"], readonly state: ProcessState) {
    super(`"${event}" makes no sense for a process that is ${state}`);
  }
}
