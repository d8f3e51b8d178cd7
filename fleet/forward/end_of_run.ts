import type { StoredSample, TaskView } from "../model/view.ts";
import type { Forwarded } from "./forwarded.ts";

/** Whether it was told that a task is over: one that is only missed may still tell more. */
export function hasEnded({ state }: Pick<TaskView, "state">): boolean {
  return state === "ended" || state === "stopped";
}

/** The end of a run, right after its last sample: a series has one value at a time. */
export function endOf(task: TaskView, last: Pick<StoredSample, "time" | "figures" | "custom">): Forwarded {
  const { figures, custom } = last;
  return { task, time: last.time + 1, figures, custom, isEnd: true };
}
