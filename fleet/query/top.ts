import { emptyRoll } from "../chunk/rolls.ts";
import { kindOf } from "../model/column.ts";
import type { AgentView, FleetView, TaskView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { Turns } from "../store/turn.ts";
import { FIVE_MINUTES_MS, HOUR_MS } from "./history.ts";
import type { History } from "./history.ts";
import { HOUR_COLUMNS } from "../state/open_hour.ts";
import { QueryError } from "./query_error.ts";
import { readSums } from "./read_hours.ts";
import { TaskSums } from "./task_sums.ts";
import type { Measure } from "./task_sums.ts";
import { ColumnRoller } from "./roll_up.ts";
import { hostOf, isSeen, seenAgents, seenUnits } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { checkColumn } from "./wanted_column.ts";

/** Longer lists nobody reads. */
export const MOST_TOP = 1_000;
/** The hours at the edges are exact where so few agents have to be read for that. */
const MOST_EDGE_AGENTS = 500;
/** What ends so shortly before now is meant to end now. */
const JUST_NOW_MS = 60_000;
/** Longer periods are not gone through. */
export const LONGEST_MS = 3 * 366 * 24 * HOUR_MS;

/** Who is asked for that used most. */
export interface TopQuestion {
  readonly column: string;
  /** What is one: "task", "target", "host", "agent", "unit", or "label:NAME". */
  readonly by: string;
  readonly measure: Measure;
  readonly from: number;
  readonly until: number;
  readonly limit: number;
  /** Tasks, or the hosts themselves. */
  readonly of: "tasks" | "hosts";
}

/** Who used most, in columns. */
export interface Top {
  readonly column: string;
  readonly by: string;
  readonly measure: Measure;
  /** What was really looked at: whole hours, where so many agents are asked for that their edges are not read. */
  readonly from: number;
  readonly until: number;
  readonly edges: "exact" | "hours";
  readonly names: readonly string[];
  /** Of tasks and agents their numbers; null for what has none. */
  readonly ids: readonly (number | null)[];
  /** Of tasks the host, else null. */
  readonly hosts: readonly (string | null)[];
  readonly values: readonly number[];
  /** Tasks that make each of them. */
  readonly counts: readonly number[];
  /** Increases of all, with those that are not in the list; null for other measures. */
  readonly total: number | null;
  /** How many there are that had a figure. */
  readonly found: number;
}

/** Answers who used most over a period. */
export class TopReader {
  constructor(
    readonly view: FleetView,
    readonly store: Store,
    readonly history: History,
    readonly now: () => number,
  ) {}

  /** @throws QueryError */
  async read(question: TopQuestion, scope: Scope, signal?: AbortSignal): Promise<Top> {
    check(question);
    const { column, measure, by } = question;
    const period = this.#period(question, scope);
    const sums = await this.#sums(column, measure, period, scope, signal);
    const { listed, total, found } = by === "task"
      ? this.#topTasks(sums, question, scope)
      : this.#topGroups(sums, question, scope);
    return {
      column,
      by,
      measure,
      from: period.from,
      until: period.until,
      edges: period.isExact ? "exact" : "hours",
      names: listed.map(({ name }) => name),
      ids: listed.map(({ id }) => id),
      hosts: listed.map(({ host }) => host),
      values: listed.map(({ value }) => value),
      counts: listed.map(({ count }) => count),
      total: measure === "increase" ? total : null,
      found,
    };
  }

  /** What each task of the scope has in a period. */
  async sumsOf(
    column: string,
    measure: Measure,
    range: { readonly from: number; readonly until: number },
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<TaskSums> {
    return await this.#sums(column, measure, this.#period(range, scope), scope, signal);
  }

  #period({ from, until: wanted }: { from: number; until: number }, scope: Scope): Period {
    // Who asks up to now has another clock, and has asked a moment ago.
    const now = this.now();
    const until = wanted < now && now - wanted < JUST_NOW_MS ? now : wanted;
    // Nothing is later than now: the hour that is under way is whole up to here.
    const [first, end] = [Math.ceil(from / HOUR_MS) * HOUR_MS, until >= now ? up(until) : down(until)];
    if (from === first && (until === end || until >= now)) {
      return { from, until, first, end, isExact: true };
    }
    let count = 0;
    for (const _ of seenAgents(this.view, scope)) if (++count > MOST_EDGE_AGENTS) break;
    if (count <= MOST_EDGE_AGENTS) return { from, until, first, end, isExact: true };
    return { from: down(from), until: up(until), first: down(from), end: up(until), isExact: false };
  }

  async #sums(
    column: string,
    measure: Measure,
    period: Period,
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<TaskSums> {
    const { from, until, first, end, isExact } = period;
    const sums = new TaskSums(measure);
    if (first < end) await this.#addHours(column, first, end, scope, sums, signal);
    if (!isExact) return sums;
    const edges: (readonly [number, number])[] = first >= end
      ? [[from, until]]
      : [[from, first], [end, until]];
    for (const [start, stop] of edges) {
      if (start < stop) await this.#addEdges(column, start, stop, scope, sums, signal);
    }
    return sums;
  }

  async #addHours(
    column: string,
    first: number,
    end: number,
    scope: Scope,
    sums: TaskSums,
    signal?: AbortSignal,
  ): Promise<void> {
    const isAsked = (hour: number) => hour >= first && hour < end;
    // Before the store is asked: what is made meanwhile would else be counted twice.
    const open = new Set(this.view.openHours().filter(isAsked));
    const isInMemory = HOUR_COLUMNS.has(column);
    for (const hour of isInMemory ? open : []) {
      // Who may see all need not be asked of each task.
      const all = scope === null ? this.view.openHourRolls?.(hour, column) : undefined;
      if (all !== undefined) {
        for (const rolls of all) sums.addHour(rolls);
        continue;
      }
      for (const [task, roll] of this.view.openHour(hour, column)) {
        if (isSeen(scope, task.agent.unit)) sums.add(task.id, roll);
      }
    }
    const turns = new Turns();
    for (const unit of seenUnits(this.view, scope)) {
      for await (const { rolls } of readSums(this.store, unit, column, first, end, open, signal)) {
        sums.addHour(rolls);
      }
      await turns.take(signal);
    }
    if (isInMemory) return;
    for (const hour of open) {
      await this.#addEdges(column, hour, hour + HOUR_MS, scope, sums, signal);
    }
  }

  async #addEdges(
    column: string,
    from: number,
    until: number,
    scope: Scope,
    sums: TaskSums,
    signal?: AbortSignal,
  ): Promise<void> {
    const turns = new Turns();
    const isOfBuckets = from % FIVE_MINUTES_MS === 0 && until % FIVE_MINUTES_MS === 0;
    for (const agent of [...seenAgents(this.view, scope)]) {
      // What was last heard of before has nothing there, and a task is not older than its first sample.
      const tasks = [...tasksOf(agent)].filter((task) =>
        task.lastTime >= from && task.firstSeen < until + HOUR_MS
      );
      if (tasks.length === 0) continue;
      if (!isOfBuckets) await this.#addSamples(agent, tasks, column, from, until, sums, signal);
      else {
        for (const task of tasks) await this.#addBuckets(task, column, from, until, sums, signal);
      }
      await turns.take(signal);
    }
  }

  async #addBuckets(
    task: TaskView,
    column: string,
    from: number,
    until: number,
    sums: TaskSums,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const byColumn of (await this.history.rolls(task, from, until, [column], signal)).values()) {
      const roll = byColumn.get(column);
      if (roll) sums.add(task.id, roll);
    }
  }

  async #addSamples(
    agent: AgentView,
    tasks: readonly TaskView[],
    column: string,
    from: number,
    until: number,
    sums: TaskSums,
    signal?: AbortSignal,
  ): Promise<void> {
    const isCounter = kindOf(column) === "counter";
    const found = await this.history.samplesOfAgent(agent, tasks, from, until, [column], signal);
    for (const [at, { samples, before: near }] of found.entries()) {
      if (samples.length === 0) continue;
      const needsBefore = isCounter && !samples[0].begins;
      const before = needsBefore ? near ?? await this.history.before(tasks[at], from, [column]) : null;
      const [roller, roll] = [new ColumnRoller(column, before), emptyRoll()];
      for (const sample of samples) roller.add(sample, roll);
      if (roll.n > 0) sums.add(tasks[at].id, roll);
    }
  }

  /** The tasks that are asked for, of those that have a figure: one that is known no more could not be named. */
  *#asked(sums: TaskSums, of: "tasks" | "hosts", scope: Scope): Generator<readonly [TaskView, number]> {
    for (const [id, value] of sums.entries()) {
      const task = this.view.tasks.get(id);
      if (!task || !Number.isFinite(value) || (task.taskId === "") !== (of === "hosts")) continue;
      if (isSeen(scope, task.agent.unit)) yield [task, value];
    }
  }

  /** Of each task its own: of many only the first are ever put in order. */
  #topTasks(sums: TaskSums, { of, limit }: TopQuestion, scope: Scope): Ranking {
    const first: { task: TaskView; value: number }[] = [];
    let [total, found] = [0, 0];
    for (const [task, value] of this.#asked(sums, of, scope)) {
      total += value;
      found++;
      if (first.length === limit && value <= first[limit - 1].value) continue;
      let at = first.length;
      while (at > 0 && first[at - 1].value < value) at--;
      first.splice(at, 0, { task, value });
      if (first.length > limit) first.pop();
    }
    const listed = first.map(({ task, value }) => ({ ...groupOf(task, "task")!, value, count: 1 }));
    return { listed, total, found };
  }

  #topGroups(sums: TaskSums, { by, measure, of, limit }: TopQuestion, scope: Scope): Ranking {
    const groups = new Map<string, Group>();
    let total = 0;
    for (const [task, value] of this.#asked(sums, of, scope)) {
      const own = groupOf(task, by);
      if (own === null) continue;
      total += value;
      const group = groups.get(own.key);
      if (!group) groups.set(own.key, { ...own, value, count: 1 });
      else {
        group.count++;
        group.value = measure === "peak" ? Math.max(group.value, value) : group.value + value;
      }
    }
    const sorted = [...groups.values()].sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
    return { listed: sorted.slice(0, limit), total, found: sorted.length };
  }
}

/** The first of all that had a figure. */
interface Ranking {
  readonly listed: readonly Group[];
  readonly total: number;
  readonly found: number;
}

/** A period, and the whole hours in it. */
interface Period {
  readonly from: number;
  readonly until: number;
  readonly first: number;
  readonly end: number;
  /** Whether what is not a whole hour is read, too. */
  readonly isExact: boolean;
}

interface Group {
  readonly name: string;
  readonly id: number | null;
  readonly host: string | null;
  value: number;
  count: number;
}

const up = (at: number) => Math.ceil(at / HOUR_MS) * HOUR_MS;
const down = (at: number) => Math.floor(at / HOUR_MS) * HOUR_MS;

function* tasksOf({ tasks, hostTask }: AgentView): Generator<TaskView> {
  yield* tasks.values();
  if (hostTask) yield hostTask;
}

/** What a task counts for; null for nothing, as where it has no such label. */
function groupOf(task: TaskView, by: string): Pick<Group, "name" | "id" | "host"> & { key: string } | null {
  const { agent } = task;
  const named = (name: string | null | undefined) => name ? { key: name, name, id: null, host: null } : null;
  switch (by) {
    case "task":
      return { key: `${task.id}`, name: task.name ?? task.taskId, id: task.id, host: hostOf(agent) };
    case "target":
      return named(task.target);
    case "host":
      // Hosts of two domains may have one name.
      return {
        key: `${agent.unit}\n${hostOf(agent)}`,
        name: hostOf(agent),
        id: agent.id,
        host: hostOf(agent),
      };
    case "agent":
      return { key: `${agent.id}`, name: agent.propletId, id: agent.id, host: hostOf(agent) };
    case "unit":
      return named(agent.unit);
    default: {
      const label = by.slice("label:".length);
      const has = (labels: Readonly<Record<string, string>>) => Object.hasOwn(labels, label);
      return named(has(task.labels) ? task.labels[label] : has(agent.labels) ? agent.labels[label] : null);
    }
  }
}

function check({ column, by, measure, from, until, limit }: TopQuestion): void {
  const fault = (message: string) => new QueryError("invalid", message);
  checkColumn(column);
  if (measure === "increase" && kindOf(column) !== "counter") {
    throw fault(`measure: ${column} is a gauge, and has no increase; ask for average or peak`);
  }
  if (measure !== "increase" && kindOf(column) === "counter") {
    throw fault(`measure: ${column} is a counter, of which only the increase says something`);
  }
  if (!/^(?:task|target|host|agent|unit|label:.{1,128})$/.test(by)) {
    throw fault('by: it has to be task, target, host, agent, unit, or a label such as "label:team"');
  }
  if (!(from < until)) throw fault("from: it has to be before until");
  if (until - from > LONGEST_MS) throw fault("from: periods are of three years at most");
  if (limit < 1 || limit > MOST_TOP) throw fault(`limit: it has to be from 1 to ${MOST_TOP}`);
}
