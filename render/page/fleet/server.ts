/* What the page asks the manager for; addresses are relative, so that it may be served below any path. */

/** A host, by what is known of its agent. All times are ms since 1970. */
export interface Host {
  readonly id: number;
  readonly unit: string;
  readonly proplet_id: string;
  readonly host: string;
  readonly os: string | null;
  readonly version: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly presence: "online" | "offline" | "lost";
  readonly presence_since: number;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly clock_offset_seconds: number | null;
  readonly is_duplicate: boolean;
  readonly host_task: number | null;
  readonly task_count: number;
}

/** A task, by what is known of it. */
export interface Task {
  readonly id: number;
  readonly agent: number;
  readonly task_id: string;
  readonly target: string | null;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "running" | "ended" | "stopped" | "lost";
  readonly state_since: number;
  readonly run_since: number;
  readonly last_time: number;
  /** Its last figures by name. */
  readonly last: Readonly<Record<string, number>>;
}

/** A task over time: a value for each time, in ms since 1970. */
export interface Series {
  readonly task: number;
  readonly tier: string;
  readonly step_ms: number | null;
  readonly times: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Who used most, in columns of one length. */
export interface Top {
  readonly from: number;
  readonly until: number;
  readonly names: readonly string[];
  readonly ids: readonly (number | null)[];
  readonly hosts: readonly (string | null)[];
  readonly values: readonly number[];
  readonly counts: readonly number[];
  readonly total: number | null;
  readonly found: number;
}

/** A run that has ended. */
export interface Run {
  readonly task: number;
  readonly started: number;
  readonly ended: number;
  readonly state: string;
  readonly error: string | null;
  readonly figures: Readonly<Record<string, number>>;
  readonly quality: Readonly<Record<string, string>>;
}
