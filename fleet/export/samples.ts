import { ApiError } from "../api/api_error.ts";
import { COLUMNS } from "../model/column.ts";
import type { StoredSample, TaskView } from "../model/view.ts";
import type { History } from "../query/history.ts";
import { hostOf } from "../query/scope.ts";
import { Turns } from "../store/turn.ts";

/** Samples are read of so long at once: what is written does not have to be in memory. */
const PIECE_MS = 6 * 3_600_000;

/** A sample, and whose it is. */
export type ExportedSample = readonly [task: TaskView, sample: StoredSample];

/** Whether who reads still may is asked once in so many samples. */
const ASKED_EVERY = 256;

/** A reader that may no longer is cut off: what ended well would look whole. */
function demand(isValid: () => boolean): void {
  if (!isValid()) throw new ApiError("unauthorized", "who reads may not any longer");
}

/**
 * Every sample of some tasks over a range, task by task, oldest first.
 * @param isValid whether who reads still may
 * @throws ApiError `unauthorized`
 */
export async function* exportedSamples(
  history: History,
  tasks: readonly TaskView[],
  from: number,
  until: number,
  signal: AbortSignal,
  isValid: () => boolean = () => true,
): AsyncGenerator<ExportedSample> {
  const turns = new Turns();
  let count = 0;
  for (const task of tasks) {
    // Before its first sample there is none, and after its last.
    const end = Math.min(until, task.lastTime + 1);
    for (let start = Math.max(from, task.firstSeen - PIECE_MS); start < end; start += PIECE_MS) {
      if (signal.aborted) return;
      demand(isValid);
      for (const sample of await history.samples(task, start, Math.min(end, start + PIECE_MS), null)) {
        if (++count % ASKED_EVERY === 0) demand(isValid);
        yield [task, sample];
      }
      // Months of a task may be empty: others have their turns in between.
      await turns.take();
    }
  }
}

/** A sample as an object of JSON. */
export function toJsonRow(
  [task, { time, figures, custom, begins }]: ExportedSample,
): Record<string, unknown> {
  const { agent, taskId } = task;
  const known = COLUMNS.flatMap(({ name }, at) => Number.isNaN(figures[at]) ? [] : [[name, figures[at]]]);
  return {
    time: new Date(time).toISOString(),
    unit: agent.unit,
    host: hostOf(agent),
    proplet_id: agent.propletId,
    task_id: taskId,
    begins,
    figures: Object.fromEntries([...known, ...custom ?? []]),
  };
}
