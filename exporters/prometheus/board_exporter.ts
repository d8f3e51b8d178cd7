import type { HealthMessage } from "../../core/schema/health_message.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import type { DeliveryCounters, ExportContext, TaskDescription } from "../telemetry.ts";
import { agentLabel } from "./agent_label.ts";
import type { LabelStyle } from "./agent_label.ts";
import { Board } from "./board.ts";

/** What both ways to Prometheus share: the latest of every task is kept until it is collected. */
export abstract class BoardExporter {
  protected readonly board: Board;
  protected sentCount = 0;
  protected failedCount = 0;

  constructor({ propletId, agentId, reports }: ExportContext, labels: LabelStyle) {
    this.board = new Board({ [agentLabel(labels)]: propletId }, reports, undefined, agentId);
  }

  /** A newer message replaces one that was not collected yet: that is not a loss. */
  get counters(): DeliveryCounters {
    return {
      sent_count: this.sentCount,
      dropped_count: this.board.lostCount,
      failed_count: this.failedCount,
      queued_count: this.board.freshCount,
    };
  }

  begin(task: TaskDescription): void {
    this.board.begin(task);
  }

  message(message: TaskMessage): void {
    this.board.message(message);
  }

  end(taskId: string, summary: SummaryRecord): void {
    this.board.end(taskId, summary);
  }

  health(message: HealthMessage): void {
    this.board.health = message;
  }
}
