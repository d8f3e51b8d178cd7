import type { Definition } from "../definition.ts";
import type { MachineEvent } from "../lifecycle/machine_event.ts";
import type { Timers } from "../lifecycle/timers.ts";
import type { ProcessRun } from "./process_run.ts";

/** When a process that was launched counts as running, and when that takes too long. */
export class ComingUp {
  constructor(
    readonly timers: Timers,
    readonly definition: Definition,
    readonly dispatch: (event: MachineEvent) => void,
  ) {}

  /** Give it its time. @param obstacle what keeps it from being ready, as far as that is known by then */
  begin(obstacle: () => string | null | undefined): void {
    this.timers.set("start", this.definition.launch!.startTimeoutMs, () => {
      this.dispatch({ type: "start_overdue", message: obstacle() ?? "no probe has answered" });
    });
  }

  /** It can do its work; it is running once it has lived for long enough as well. */
  ready({ leftOfStartMs }: ProcessRun): void {
    if (leftOfStartMs <= 0) return this.dispatch({ type: "ready" });
    this.timers.set("start", leftOfStartMs, () => this.dispatch({ type: "ready" }));
  }
}
