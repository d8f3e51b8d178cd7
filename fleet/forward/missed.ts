import { decodeChunk } from "../chunk/chunk.ts";
import type { AgentView, FleetView, StoredSample, TaskView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import type { Cursor } from "./cursor.ts";
import { endOf, hasEnded } from "./end_of_run.ts";
import type { Forwarded } from "./forwarded.ts";

/**
 * All hosts are told of ten minutes before any is of the next ten: Prometheus takes nothing that is an hour older than
 * the newest that it has.
 */
const STRETCH_MS = 600_000;

/** What a destination may be told, and has not been told yet. */
export interface MissedParts {
  readonly view: FleetView;
  readonly store: Pick<Store, "chunks">;
  readonly cursor: Cursor;
  /** Which agents it is told of. */
  readonly isWanted: (agent: AgentView) => boolean;
  /** What is older is kept by nobody. */
  readonly oldest: number;
}

/** Samples beyond the cursor, of an agent and a stretch of time together, in the order of time. */
export async function* missedSamples(parts: MissedParts, signal: AbortSignal): AsyncGenerator<Forwarded[]> {
  const { view, cursor, isWanted, oldest } = parts;
  // What is read from the store again comes later, when all of it is there: it would have holes.
  const isThere = ({ unit }: AgentView) => !view.rereading.has(unit);
  const behind = [...view.agents.values()].filter((agent) => isWanted(agent) && isThere(agent))
    .map((agent) => ({ agent, tasks: tasksOf(agent).filter((task) => task.lastTime > cursor.of(task.id)) }))
    .filter(({ tasks }) => tasks.length > 0);
  const told = (task: TaskView) => Math.max(oldest, cursor.of(task.id), task.firstSeen - STRETCH_MS);
  let [start, end] = [Infinity, -Infinity];
  for (const { tasks } of behind) {
    for (const task of tasks) [start, end] = [Math.min(start, told(task)), Math.max(end, task.lastTime)];
  }
  for (let from = Math.floor(start / STRETCH_MS) * STRETCH_MS; from <= end; from += STRETCH_MS) {
    const until = from + STRETCH_MS;
    for (const { agent, tasks } of behind) {
      if (signal.aborted) return;
      const there = tasks.filter((task) => told(task) < until && task.lastTime >= from);
      if (there.length > 0) yield await samplesOf(parts, agent, there, from, until);
    }
  }
}

/** All tasks of an agent, that of the host itself among them. */
function tasksOf({ hostTask, tasks }: AgentView): TaskView[] {
  return [...hostTask ? [hostTask] : [], ...tasks.values()];
}

async function samplesOf(
  { view, store, cursor }: MissedParts,
  agent: AgentView,
  tasks: readonly TaskView[],
  from: number,
  until: number,
): Promise<Forwarded[]> {
  // What is open first: what is sealed while the store is read would else be in neither.
  const open = tasks.map((task) => view.open(task, from, until));
  const chunks = (await store.chunks(agent.id, from, until)).map(({ data }) => decodeChunk(data));
  const found: Forwarded[] = [];
  tasks.forEach((task, at) => {
    const byTime = new Map<number, StoredSample>();
    const told = cursor.of(task.id);
    for (const sample of [...chunks.flatMap((of) => of.get(task.id) ?? []), ...open[at]]) {
      if (sample.time > told && sample.time >= from && sample.time < until) byTime.set(sample.time, sample);
    }
    for (const { time, figures, custom } of byTime.values()) {
      found.push({ task, time, figures, custom, isEnd: false });
      if (time === task.lastTime && hasEnded(task)) found.push(endOf(task, { time, figures, custom }));
    }
  });
  return found.sort((a, b) => a.time - b.time);
}
