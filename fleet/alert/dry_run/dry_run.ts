import { usageError } from "../../../core/error.ts";
import { History } from "../../query/history.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { AgentView, FleetView, StoredSample, TaskView } from "../../model/view.ts";
import type { Store } from "../../store/contract.ts";
import { Turns } from "../../store/turn.ts";
import { readAllSeasons } from "../detect/season.ts";
import { Evaluator } from "../evaluate/evaluator.ts";
import { alertKey } from "../evaluate/round.ts";
import type { AlertState } from "../evaluate/alert_state.ts";
import { needsOf } from "../evaluate/needs.ts";
import { isRowOf } from "../evaluate/rule_program.ts";
import { CUSTOM } from "../language/expression.ts";
import type { Labels } from "../rules/labels.ts";
import type { Rule } from "../rules/rule.ts";
import { ReplayedFleet } from "./replayed_fleet.ts";

/** Hosts and tasks that are looked at, and evaluations of a run. */
const [MOST_TASKS, MOST_STEPS] = [500, 100_000];
/** Longer ranges would be looked at so seldom that absence is none. */
const LONGEST_MS = 31 * 86_400_000;
const [SHORTEST_STEP_MS, HOUR_MS] = [10_000, 3_600_000];
/** So many hours of tasks are in memory at once. */
const TASK_HOURS = 300;
const [SHORTEST_PIECE_MS, LONGEST_PIECE_MS] = [600_000, 6 * HOUR_MS];
/** Firings that are told one by one. */
const MOST_FIRINGS = 1_000;

/** That a rule would have fired. */
export interface DryFiring {
  readonly subject: string;
  readonly labels: Labels;
  readonly from: number;
  /** Null: it would still fire at the end. */
  readonly until: number | null;
  readonly value: number | null;
  readonly summary: string;
}

/** What a rule would have done. */
export interface DryRun {
  /** How often it would have fired. */
  readonly count: number;
  readonly firings: readonly DryFiring[];
  /** Hosts and tasks that it was tried on. */
  readonly looked: number;
  /** Those that it is about as well, and that were too many. */
  readonly leftOut: number;
}

/**
 * Try a rule on what is stored: how often it would have fired, where and for how long.
 * @param units what may be seen; null: all
 * @throws ProctorError where the range is none
 */
export async function dryRun(
  { view, store }: { view: FleetView; store: Store },
  rule: Rule,
  from: number,
  until: number,
  units: readonly UnitKey[] | null,
  signal: AbortSignal,
): Promise<DryRun> {
  if (!(from < until)) throw usageError("until: it has to be after from");
  if (until - from > LONGEST_MS) throw usageError("from: a dry run is of 31 days at most");
  const turns = new Turns();
  const all = await tasksOf(view, rule, units, turns, signal);
  const tasks = all.slice(0, MOST_TASKS);
  const fleet = new ReplayedFleet(tasks, from);
  const evaluator = new Evaluator(fleet, [{ ...rule, isEnabled: true }], [], from);
  const history = new History(view, store);
  const needs = needsOf([rule]);
  const columns = [...needs.figures, ...[...needs.rings.values()].map(({ figure }) => figure)]
    .map((name) => name.startsWith(CUSTOM) ? name.slice(CUSTOM.length) : name);
  const stepMs = Math.max(SHORTEST_STEP_MS, Math.ceil((until - from) / MOST_STEPS / 1_000) * 1_000);
  const pieceMs = Math.min(
    LONGEST_PIECE_MS,
    Math.max(SHORTEST_PIECE_MS, TASK_HOURS * HOUR_MS / Math.max(1, tasks.length)),
  );
  const book = new FiringBook();
  let hour = NaN;
  try {
    let at = from;
    for (let start = from; start < until; start += pieceMs) {
      const samples = await readPiece(
        history,
        tasks,
        start,
        Math.min(until, start + pieceMs),
        columns,
        signal,
      );
      let next = 0;
      for (; at < Math.min(until, start + pieceMs); at += stepMs) {
        while (next < samples.length && samples[next].sample.time <= at) {
          const { id, sample } = samples[next++];
          fleet.feed(id, sample);
        }
        if (Math.floor(at / HOUR_MS) !== hour && needs.usual.size > 0) {
          hour = Math.floor(at / HOUR_MS);
          for (const figure of evaluator.seasonalFigures) {
            evaluator.seasons.set(figure, await readAllSeasons(store, fleet.units.keys(), figure, at));
          }
        }
        for (const [key, state] of evaluator.evaluate(at)) book.take(key, state, at);
        await turns.take(signal);
      }
      for (; next < samples.length; next++) fleet.feed(samples[next].id, samples[next].sample);
    }
  } finally {
    evaluator.close();
  }
  return {
    count: book.count,
    firings: book.firings,
    looked: tasks.length,
    leftOut: all.length - tasks.length,
  };
}

/** Of a large fleet and many patterns that takes seconds: others have turns in between. */
async function tasksOf(
  view: FleetView,
  rule: Rule,
  units: readonly UnitKey[] | null,
  turns: Turns,
  signal: AbortSignal,
): Promise<TaskView[]> {
  const seen = units && new Set(units);
  const found: TaskView[] = [];
  for (const task of [...view.tasks.values()]) {
    const { agent, taskId } = task;
    if (seen && !seen.has(agent.unit)) continue;
    if (isRowOf(rule, { agent, task: taskId === "" ? null : task })) found.push(task);
    await turns.take(signal);
  }
  return found;
}

async function readPiece(
  history: History,
  tasks: readonly TaskView[],
  from: number,
  until: number,
  columns: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly id: number; readonly sample: StoredSample }[]> {
  const byAgent = new Map<AgentView, TaskView[]>();
  for (const task of tasks) {
    if (task.firstSeen >= until || task.lastTime < from) continue;
    const others = byAgent.get(task.agent);
    if (others) others.push(task);
    else byAgent.set(task.agent, [task]);
  }
  const found: { id: number; sample: StoredSample }[] = [];
  for (const [agent, own] of byAgent) {
    // What is stored of an agent's tasks is packed together: it is unpacked once for all of them.
    const all = await history.samplesOfAgent(agent, own, from, until, columns, signal);
    all.forEach(({ samples }, n) => {
      for (const sample of samples) found.push({ id: own[n].id, sample });
    });
  }
  return found.sort((a, b) => a.sample.time - b.sample.time);
}

/** Makes firings of what changes. */
class FiringBook {
  readonly firings: DryFiring[] = [];
  count = 0;
  readonly #open = new Map<string, number>();
  readonly #transitions = new Map<string, number>();

  take(key: string, state: AlertState | null, at: number): void {
    if (state === null || state.transition === (this.#transitions.get(key) ?? 0)) return;
    this.#transitions.set(alertKey(state), state.transition);
    if (state.phase === "firing") {
      this.count++;
      if (this.firings.length >= MOST_FIRINGS) return;
      const { subject, labels, value, summary } = state;
      this.#open.set(key, this.firings.push({ subject, labels, from: at, until: null, value, summary }) - 1);
      return;
    }
    const place = this.#open.get(key);
    if (place === undefined) return;
    this.firings[place] = { ...this.firings[place], until: at };
    this.#open.delete(key);
  }
}
