import type { Figures } from "./column.ts";
import type { AgentControl } from "./arrival.ts";
import type { UnitKey } from "./unit.ts";

/** Whether an agent is there: `lost` without a word, `offline` by its own. */
export type Presence = "online" | "offline" | "lost";

/** Whether a task runs; `lost` where its agent lives, and says no more of it. */
export type TaskState = "running" | "ended" | "stopped" | "lost";

/** An agent and the host it is on, as the fleet knows them now. Times are ms since 1970. */
export interface AgentView {
  /** The number that the store knows it by. */
  readonly id: number;
  readonly unit: UnitKey;
  readonly propletId: string;
  readonly agentId: string | null;
  readonly host: string | null;
  readonly os: string | null;
  readonly version: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly firstSeen: number;
  /** When it was heard of last, by the clock of this manager. */
  readonly lastSeen: number;
  readonly presence: Presence;
  /** When its presence changed last. */
  readonly presenceSince: number;
  /** How far its clock is ahead of ours, seconds, by what is taken in; null where that is not known. */
  readonly clockOffset: number | null;
  /** The same by what it said last, also where that is refused for its time. */
  readonly toldOffset: number | null;
  /** When it has said so, by the clock of this manager. */
  readonly toldOffsetAt: number;
  /** How it follows our orders, by what it said last; null where it takes none. */
  readonly control: AgentControl | null;
  /** Whether two agents speak under its name. */
  readonly isDuplicate: boolean;
  /** The task of the host itself, once it was told of. */
  readonly hostTask: TaskView | null;
  readonly tasks: ReadonlyMap<string, TaskView>;
}

/** A task, as the fleet knows it now. That of a host itself has the empty name. */
export interface TaskView {
  readonly id: number;
  readonly agent: AgentView;
  readonly taskId: string;
  readonly target: string | null;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly firstSeen: number;
  /** The time of its last sample. */
  readonly lastTime: number;
  readonly state: TaskState;
  readonly stateSince: number;
  /** When its present run began: a restart begins another, in which counters start anew. */
  readonly runSince: number;
  /** Time between its last two samples, ms; null until there are two. */
  readonly interval: number | null;
  /** The figures of its last sample. */
  readonly last: Figures;
  readonly custom: ReadonlyMap<string, number> | null;
  readonly isEmbedded: boolean;
}

/** A sample as it was taken in: with what its counters have grown by since the sample before, in whatever run. */
export interface TakenSample {
  readonly task: TaskView;
  readonly time: number;
  readonly figures: Figures;
  readonly custom: ReadonlyMap<string, number> | null;
  /** By column; NaN for gauges, and where nothing is known. Never negative. */
  readonly increases: Figures;
}

/** What has changed beside figures. */
export type FleetChange =
  | { readonly kind: "agent"; readonly agent: AgentView; readonly at: number; readonly was: Presence | null }
  | { readonly kind: "task"; readonly task: TaskView; readonly at: number; readonly was: TaskState | null }
  | { readonly kind: "run"; readonly task: TaskView; readonly at: number }
  | {
    readonly kind: "event";
    readonly task: TaskView;
    readonly at: number;
    readonly event: string;
    readonly detail: string | null;
  };

/** Who wants to know of what is taken in. Called synchronously: what costs time is to be put off. */
export interface FleetListener {
  /** Of every sample, before `task.last` is that of this sample. */
  sample?(sample: TakenSample): void;
  change?(change: FleetChange): void;
  /** All of a unit was read from the store again: of samples that came meanwhile nothing else is told. */
  reread?(unit: UnitKey): void;
}

/** The fleet as it is now, in memory. */
export interface FleetView {
  readonly agents: ReadonlyMap<number, AgentView>;
  /** Every task by its number, those of hosts among them. */
  readonly tasks: ReadonlyMap<number, TaskView>;
  readonly units: ReadonlyMap<UnitKey, ReadonlySet<AgentView>>;
  /** Units that are being read from the store again: each is there in part only, until a listener hears `reread`. */
  readonly rereading: ReadonlySet<UnitKey>;
  findAgent(unit: UnitKey, propletId: string): AgentView | undefined;
  findTask(unit: UnitKey, propletId: string, taskId: string): TaskView | undefined;
  /** @returns takes the listener away */
  listen(listener: FleetListener): () => void;
  /** How long agents of a unit, or of all, have been heard by us without a gap: absence is told by no shorter time. */
  listeningSince(unit: UnitKey): number | null;
  /** The samples of a task that are in no chunk yet, oldest first. */
  open(task: TaskView, from: number, until: number): readonly StoredSample[];
  /** What tasks have used in the hours that are in no stored roll yet, by the start of the hour. */
  openHours(): readonly number[];
  openHour(hour: number, column: string): Iterable<readonly [task: TaskView, roll: Roll]>;
  /** The same by the numbers of tasks, as arrays, of whatever unit they are: there are many of them. */
  openHourRolls?(hour: number, column: string): readonly OpenRolls[];
}

/** One column of an open hour, of many tasks: the same places of all arrays are of the same task. */
export interface OpenRolls extends Iterable<readonly [task: number, roll: Roll]> {
  field(name: "task" | keyof Roll): Float64Array;
}

/** A sample as it is stored. */
export interface StoredSample {
  readonly time: number;
  readonly figures: Figures;
  readonly custom: ReadonlyMap<string, number> | null;
  /** Whether a run begins: what its counters say has all been used since the sample before. */
  readonly begins: boolean;
}

/** One column of one task over a stretch of time. Two of them make one of both stretches: all of it adds up. */
export interface Roll {
  /** Samples that had a figure. */
  n: number;
  sum: number;
  min: number;
  max: number;
  /** What a counter has grown by; 0 for gauges. */
  increase: number;
}
