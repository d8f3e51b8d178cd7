import type { ExporterReport, ProcessRecord, SummaryRecord } from "../core/schema/record.ts";
import type { HealthMessage } from "../core/schema/health_message.ts";
import type { TaskMessage, WorkloadLabels } from "../core/schema/task_message.ts";

/** What exporters learn about a task before its first message. */
export interface TaskDescription {
  /** The id of its messages. */
  readonly task_id: string;
  /** Its label; null where it has none. */
  readonly name: string | null;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The process id of its root; null where there is none. */
  readonly pid: number | null;
  /** RFC 3339. */
  readonly start_time: string;
  /** RFC 3339: since when its counters count, where that is later. */
  readonly counted_from?: string;
  /** The container, the pod and the unit that it is in, as far as they are known. */
  readonly workload?: WorkloadLabels;
}

/** An event of a supervised process or of the supervisor; serialised unchanged. */
export interface LifecycleEvent {
  /** RFC 3339. */
  readonly timestamp: string;
  /** What has happened, such as `transition`. */
  readonly kind: string;
  /** Of the task; null for what concerns all. */
  readonly id: string | null;
}

/** The delivery counters of one exporter. */
export type DeliveryCounters = Omit<ExporterReport, "exporter" | "destination">;

/** What every exporter may want to know of the program it serves. */
export interface ExportContext {
  readonly propletId: string;
  /** Which agent, whatever its host is called; null where nothing tells. */
  readonly agentId: string | null;
  /** Whether this is an agent, which is there until it goes; not a run that tells of itself. */
  readonly isAgent: boolean;
  readonly hostName: string;
  /** The system's name for this boot of the machine; null where it has none. */
  readonly bootId: string | null;
  /** Where credentials and OpenTelemetry's settings are looked up. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Gets one line worth telling a user; never a secret. */
  readonly notice: (line: string) => void;
  /** Has tasks sampled at least so often, those that are not named as they were; left out where that cannot be. */
  readonly onDenser?: (intervals: ReadonlyMap<string, number>) => void;
  /** The delivery counters of all exporters, for one that shows them. */
  readonly reports?: () => readonly ExporterReport[];
}

/**
 * Takes messages to one destination. Nothing that it is handed makes it wait or throw: what the destination does not
 * take, waits in a bounded queue; what that does not hold, is dropped and counted.
 */
export interface TelemetryExporter {
  /** The kind of exporter. */
  readonly exporter: ExporterReport["exporter"];
  /** Where to, without credentials. */
  readonly destination: string;
  /** What became of the messages so far. */
  readonly counters: DeliveryCounters;
  /** What a task's command is to find in its environment; asked before it starts. */
  environment?(taskId: string): Readonly<Record<string, string>>;
  /** A task begins; its messages follow. */
  begin?(task: TaskDescription): void;
  /** The message of a task at a tick; the last has a `state` other than `running`. */
  message(message: TaskMessage): void;
  /** A process of a run has ended. */
  process?(taskId: string, process: ProcessRecord): void;
  /** A run is over: what it cost. */
  end?(taskId: string, summary: SummaryRecord): void;
  /** How we are ourselves, and the host. */
  health?(message: HealthMessage): void;
  /** Something has happened. */
  event?(event: LifecycleEvent): void;
  /** Deliver what is queued within a time in milliseconds, then release everything. */
  close(withinMs: number): Promise<void>;
}
