import type { Figures } from "./column.ts";
import type { UnitKey } from "./unit.ts";

/** Who has sent a message: its unit by the topic, never by what the message says. */
export interface Sender {
  readonly unit: UnitKey;
  readonly propletId: string;
  /** Which agent, whatever its host is called; null where it does not tell. */
  readonly agentId: string | null;
}

/** The process that a task stands for, as far as its messages tell. */
export interface TaskFacts {
  readonly target: string | null;
  readonly name: string | null;
  readonly pid: number | null;
  /** When the process began, ms since 1970: another one is another run. */
  readonly startedAt: number | null;
  /** Container, pod, unit of systemd and so on. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A reading of a task. */
export interface TaskSample {
  readonly kind: "sample";
  readonly sender: Sender;
  readonly taskId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Whether the time is that of arrival, for want of another. */
  readonly isApproximate: boolean;
  readonly figures: Figures;
  /** Figures under names that are not known; null where there are none. */
  readonly custom: ReadonlyMap<string, number> | null;
  /** But for running: the last of its run. */
  readonly state: "running" | "ended" | "stopped";
  readonly facts: TaskFacts | null;
  /** How well the figures are accounted for, such as { cpu: "exact" }; null where the message does not tell. */
  readonly quality: Readonly<Record<string, string>> | null;
  /** Sent by something that knows figures of the whole chip only, and 0 for what it does not know. */
  readonly isEmbedded: boolean;
}

/** How an agent says that it follows its manager's orders for denser samples. */
export interface AgentControl {
  readonly minIntervalSeconds: number;
  /** Of the last order that it has followed; null before the first. */
  readonly sequence: number | null;
  readonly inForce: readonly { readonly taskId: string; readonly intervalSeconds: number }[];
  /** Orders that it has not followed, by the reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A reading of a host and its agent. */
export interface HostSample {
  readonly kind: "host";
  readonly sender: Sender;
  readonly time: number;
  readonly isApproximate: boolean;
  readonly figures: Figures;
  readonly agent: {
    readonly version: string | null;
    readonly uptimeSeconds: number | null;
    /** null where it follows no orders. */
    readonly control: AgentControl | null;
  };
}

/** That an agent is there, or has gone. */
export interface PresenceNews {
  readonly kind: "presence";
  readonly sender: Sender;
  readonly time: number;
  readonly status: "online" | "offline" | "alive";
  /** Whether the broker had kept it: it may be old. */
  readonly isRetained: boolean;
  readonly version: string | null;
  readonly host: string | null;
  readonly bootId: string | null;
  /** When the agent's process began, ms since 1970. */
  readonly since: number | null;
}

/** What a worker node tells of itself once: its `create` message. */
export interface AgentFacts {
  readonly kind: "facts";
  readonly sender: Sender;
  readonly time: number;
  readonly host: string | null;
  readonly os: string | null;
  readonly version: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** That a task has ended, by its `results` message. */
export interface TaskEnd {
  readonly kind: "end";
  readonly sender: Sender;
  readonly taskId: string;
  readonly time: number;
  readonly error: string | null;
}

/** What has happened to a process that a supervisor keeps running. */
export interface SupervisorNews {
  readonly kind: "event";
  readonly sender: Sender;
  readonly taskId: string;
  readonly time: number;
  /** As the supervisor calls it, such as "restarted". */
  readonly event: string;
  readonly detail: string | null;
}

/** What a message tells. */
export type Arrival = TaskSample | HostSample | PresenceNews | AgentFacts | TaskEnd | SupervisorNews;
