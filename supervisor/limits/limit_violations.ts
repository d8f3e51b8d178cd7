import type { TaskMetrics } from "../../core/schema/task_message.ts";
import type { RunningProcess } from "../../group/running_process.ts";
import type { Definition } from "../definition.ts";
import type { MachineEvent } from "../lifecycle/machine_event.ts";
import type { SupervisorContext } from "../process/supervised.ts";
import { LimitGuard } from "./limit_guard.ts";

/** What is asked of a run. */
interface Run {
  readonly pid: number;
  readonly startedMs: number;
  readonly hasOomKill: boolean;
  readonly command: Pick<RunningProcess, "exitStatus" | "isEnding">;
}

/** What a limit demands, as an event of the machine. */
type Violation = Extract<MachineEvent, { readonly type: "violation" }>;

/** Tells of limits that a process nears or exceeds, and says what is to be done about it. */
export class LimitViolations {
  readonly guard: LimitGuard;

  constructor(
    readonly definition: Pick<Definition, "id" | "limits" | "startupGraceMs">,
    readonly context: Pick<SupervisorContext, "support" | "emit" | "say">,
  ) {
    this.guard = new LimitGuard(definition.limits, context.support);
  }

  /** What is to be done after a sample; null where nothing. */
  afterSample(metrics: TaskMetrics, run: Run): Violation | null {
    // Its command may go on when another process of the tree was killed.
    if (this.guard.kills && run.hasOomKill) {
      // How the command ends tells whether it was the victim itself.
      return run.command.isEnding() ? null : this.afterOomKill(run);
    }
    const nowMs = performance.now();
    if (nowMs - run.startedMs < this.definition.startupGraceMs) return null;
    for (const { verdict, sentence, policy, kind } of this.guard.look(metrics, nowMs)) {
      this.#tell(policy, sentence, run);
      if (verdict !== "exceeded") continue;
      if (policy === "none" || policy === "log" || policy === "alert" || policy === "throttle") continue;
      if (policy === "restart_adjusted") this.guard.adjust(kind);
      return { type: "violation", action: policy, message: sentence };
    }
    return null;
  }

  /** What is to be done when the kernel has killed for the limit on memory; null where there is no such limit. */
  afterOomKill(run: Run): Violation | null {
    const isCommand = run.command.exitStatus?.outcome === "oom_killed";
    const kill = this.guard.afterKill(isCommand ? "it" : "a process of it");
    if (!kill) return null;
    this.#tell(kill.policy, kill.sentence, run);
    if (kill.policy === "restart_adjusted") this.guard.adjust("memory");
    return { type: "violation", action: kill.policy, message: kill.sentence };
  }

  #tell(policy: string, sentence: string, { pid }: Run): void {
    if (policy === "none") return;
    const { definition: { id }, context } = this;
    context.say("warn", `${id}: ${sentence}`);
    // The policy "log" asks for nothing else.
    if (policy !== "log") context.emit("limit", id, { pid, reason: sentence });
  }
}
