import type { DrainClock } from "../../monitor/app/drain_clock.ts";
import type { MonitorManager } from "../../monitor/tasks/manager.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import type {
  EventKind,
  ProcessDescription,
  ProcessState,
  ProcessStatus,
  SupervisorEvent,
} from "../control.ts";
import type { Condition, Definition } from "../definition.ts";
import type { LimitSupport } from "../limits/limit_support.ts";
import type { LogService } from "../logs/log_service.ts";
import type { NotifySockets } from "../notify/notify_sockets.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import type { StateDirectory } from "../kept/state_directory.ts";

/** How much a line of the supervisor's own log matters. */
export type Level = "debug" | "info" | "warn" | "error";

/** An event without its process and time. */
export type EventDetails = Partial<Pick<SupervisorEvent, "from" | "to" | "pid" | "reason">>;

/** What a managed process needs of its supervisor. */
export interface SupervisorContext {
  readonly directory: StateDirectory;
  /** The kernel's name for this run of the machine. */
  readonly bootId: string;
  readonly monitor: MonitorManager;
  /** Reads what processes send of metrics of their own. */
  readonly drainClock: DrainClock;
  /** Where processes notify us (sd_notify(3)). */
  readonly notify: NotifySockets;
  /** What the kernel enforces for us here. */
  readonly support: LimitSupport;
  readonly logs: LogService;
  readonly emit: (kind: EventKind, id: string, details: EventDetails) => void;
  /** It has gone on well for its time by its definition, or has done what it had to. */
  readonly proved: (id: string) => void;
  /** A line for the supervisor's own log. */
  readonly say: (level: Level, line: string) => void;
  /** Something changed that others may have waited for. */
  readonly changed: () => void;
  /** Whether the supervisor is ending: then nothing is launched. */
  readonly isEnding: () => boolean;
}

/**
 * What of a process the next supervisor need not know: nothing, what is kept for its logs to go on, or that and its
 * state.
 */
export type Forgets = "nothing" | "logs" | "all";

/** What a process can say of itself. */
export type OwnDescription = Omit<ProcessDescription, "dependents" | "events" | "rollback">;

/** A process under supervision, whatever its type. */
export interface Supervised {
  readonly id: string;
  /** What is said of it may change while it runs; what it is does not. */
  definition: Definition;
  /** Whether it came from the configuration file, or was added at run time. */
  readonly origin: "file" | "api";
  /** null for what is not ours to read. */
  readonly logs: ProcessLogs | null;
  readonly state: ProcessState;
  /** The group that holds its tree together; null while nothing of ours runs. */
  readonly group: object | null;
  /** Whether a condition of a process that depends on it holds. */
  fulfils(condition: Condition): boolean;
  /** Why it will not fulfil the condition by itself; null while it may. */
  refusal(condition: Condition): string | null;
  status(): ProcessStatus;
  describe(): OwnDescription;
  onMetrics(message: TaskMessage): void;
  /** Have it run; what it depends on is there. */
  start(): void;
  /** Have it stop; resolves when its tree is empty. */
  stop(options: { reason?: string; byHand: boolean }): Promise<void>;
  /** Kill what is left, now. */
  kill(): void;
  /** Leave it running and let go of it; resolves when that is done: it may just be being launched. */
  detach(): Promise<void>;
  /** Release all resources; it does not run by now. */
  close(forgets: Forgets): Promise<void>;
}
