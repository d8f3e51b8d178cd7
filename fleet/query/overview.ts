import type { FleetView, Presence, TaskState, TaskView } from "../model/view.ts";
import { COLUMN_AT } from "../model/column.ts";
import type { UnitKey } from "../model/unit.ts";
import { HOUR_MS } from "./history.ts";
import { hostOf, seenUnits } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { nameOf } from "./search.ts";

/** What of hosts is told in percentiles. */
const HOST_COLUMNS = ["cpu_percent", "memory_percent", "swap_percent", "load_1m"] as const;
const SHARES = [0.05, 0.5, 0.95, 1] as const;
/** More changes than these nobody reads; they are counted. */
const MOST_CHANGES = 200;

/** Agents and tasks by their states. */
interface Counts {
  agents: Record<Presence, number>;
  tasks: Record<TaskState, number>;
}

/** How it stands with a unit. */
export interface UnitOverview extends Counts {
  readonly unit: UnitKey;
  readonly listeningSince: number | null;
}

/** Something that has changed lately. */
export interface RecentChange {
  readonly at: number;
  readonly kind: "agent" | "task" | "run";
  readonly id: number;
  readonly unit: UnitKey;
  readonly host: string;
  readonly name: string;
  /** What it is now. */
  readonly state: Presence | TaskState;
}

/** The fleet at a glance. */
export interface Overview extends Counts {
  readonly at: number;
  readonly units: readonly UnitOverview[];
  /** Of the hosts that are online; null where nothing is known. */
  readonly percentiles: Readonly<
    Record<string, Readonly<Record<"p5" | "p50" | "p95" | "max", number>> | null>
  >;
  /** The last hour, newest first. */
  readonly changes: readonly RecentChange[];
  readonly changeCount: number;
}

const noCounts = (): Counts => ({
  agents: { online: 0, offline: 0, lost: 0 },
  tasks: { running: 0, ended: 0, stopped: 0, lost: 0 },
});

/** The fleet at a glance, as far as it may be seen. */
export function overviewOf(view: FleetView, scope: Scope, now: number): Overview {
  const all = noCounts();
  const units: UnitOverview[] = [];
  const figures = HOST_COLUMNS.map((): number[] => []);
  const changes: RecentChange[] = [];
  const since = now - HOUR_MS;
  for (const unit of seenUnits(view, scope)) {
    const own = noCounts();
    for (const agent of view.units.get(unit)!) {
      own.agents[agent.presence]++;
      if (agent.presenceSince >= since) {
        const { id, presence: state, presenceSince: at } = agent;
        changes.push({ at, kind: "agent", id, unit, host: hostOf(agent), name: agent.propletId, state });
      }
      if (agent.presence === "online" && agent.hostTask) {
        const { last } = agent.hostTask;
        HOST_COLUMNS.forEach((name, at) => {
          const value = last[COLUMN_AT.get(name)!];
          if (!Number.isNaN(value)) figures[at].push(value);
        });
      }
      for (const task of agent.tasks.values()) {
        own.tasks[task.state]++;
        changes.push(...changesOf(task, since));
      }
    }
    add(all, own);
    units.push({ unit, listeningSince: view.listeningSince(unit), ...own });
  }
  changes.sort((a, b) => b.at - a.at || a.id - b.id);
  return {
    at: now,
    ...all,
    units,
    percentiles: Object.fromEntries(HOST_COLUMNS.map((name, at) => [name, percentilesOf(figures[at])])),
    changes: changes.slice(0, MOST_CHANGES),
    changeCount: changes.length,
  };
}

function changesOf(task: TaskView, since: number): RecentChange[] {
  const { id, agent, state, stateSince, runSince, firstSeen } = task;
  const change = (kind: "task" | "run", at: number): RecentChange[] => [
    { at, kind, id, unit: agent.unit, host: hostOf(agent), name: nameOf(task), state },
  ];
  // A run that is not the first: a restart.
  const restarted = runSince >= since && runSince > firstSeen && state === "running"
    ? change("run", runSince)
    : [];
  return stateSince >= since && stateSince !== runSince
    ? [...restarted, ...change("task", stateSince)]
    : restarted;
}

function add(to: Counts, { agents, tasks }: Counts): void {
  for (const name of Object.keys(agents) as Presence[]) to.agents[name] += agents[name];
  for (const name of Object.keys(tasks) as TaskState[]) to.tasks[name] += tasks[name];
}

function percentilesOf(values: readonly number[]) {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const [p5, p50, p95, max] = SHARES.map((share) => sorted[Math.ceil(share * sorted.length) - 1]);
  return { p5, p50, p95, max };
}
