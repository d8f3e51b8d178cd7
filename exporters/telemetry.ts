import type { ExporterReport, SummaryRecord } from "../core/record.ts";
import type { HealthMessage } from "../core/health_message.ts";
import type { TaskMessage } from "../core/task_message.ts";

/** What exporters are told of a task before its first message. */
export interface TaskDescription {
  readonly task_id: string;
  readonly name: string | null;
  readonly command: readonly string[];
  readonly pid: number | null;
  /** RFC 3339. */
  readonly start_time: string;
}

/** Something that has happened to what is kept running, or to who keeps it so; JSON as it is. */
export interface LifecycleEvent {
  /** RFC 3339. */
  readonly timestamp: string;
  readonly kind: string;
  /** Of the task; null for what concerns all. */
  readonly id: string | null;
}

/** How delivery stands. */
export type DeliveryCounters = Omit<ExporterReport, "exporter" | "destination">;

/** What every exporter may want to know of the program it serves. */
export interface ExportContext {
  readonly propletId: string;
  readonly hostName: string;
  /** Where credentials and OpenTelemetry's settings are looked up. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Gets one line worth telling a user; never a secret. */
  readonly notice: (line: string) => void;
  /** How delivery stands with all exporters, for one that shows it. */
  readonly reports?: () => readonly ExporterReport[];
}

/**
 * Takes messages to one destination. Nothing that it is handed makes it wait or throw: what the destination does not
 * take, waits in a bounded queue; what that does not hold, is dropped and counted.
 */
export interface TelemetryExporter {
  readonly exporter: ExporterReport["exporter"];
  /** Where to, without credentials. */
  readonly destination: string;
  readonly counters: DeliveryCounters;
  /** What a task's command is to find in its environment; asked before it starts. */
  environment?(taskId: string): Readonly<Record<string, string>>;
  /** A task begins; its messages follow. */
  begin?(task: TaskDescription): void;
  /** What is told of a task at a tick; the last has a `state` that is not `running`. */
  message(message: TaskMessage): void;
  /** A run is over: what it cost. */
  end?(taskId: string, summary: SummaryRecord): void;
  /** How we are ourselves, and the host. */
  health?(message: HealthMessage): void;
  /** Something has happened. */
  event?(event: LifecycleEvent): void;
  /** Deliver what waits, but for so many milliseconds at most, then let go of everything. */
  close(withinMs: number): Promise<void>;
}
