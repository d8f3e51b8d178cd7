import { serverSentEvent } from "../../../io/net/stream_response.ts";
import type { TaskView } from "../../model/view.ts";
import { isSeen } from "../../query/scope.ts";
import { taskRow } from "../rows.ts";
import type { HostBoard } from "./host_board.ts";
import type { Watcher } from "./watch_hosts.ts";

/**
 * The tasks of an agent with their figures, and then those that have a new sample or another state, at each look of the
 * board. It ends when the agent is forgotten, or may no longer be seen.
 */
export async function* watchTasks(
  board: HostBoard,
  agentId: number,
  watcher: Pick<Watcher, "scope" | "isValid">,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const end = board.watch();
  const told = new Map<number, string>();
  let isFirst = true;
  try {
    while (!signal.aborted && watcher.isValid()) {
      const agent = board.view.agents.get(agentId);
      if (!agent || !isSeen(watcher.scope(), agent.unit)) return;
      const { hostTask } = agent;
      const tasks = [...hostTask ? [hostTask] : [], ...agent.tasks.values()];
      const changed = tasks.filter((task) => told.get(task.id) !== versionOf(task));
      const there = new Set(tasks.map(({ id }) => id));
      const gone = [...told.keys()].filter((id) => !there.has(id));
      for (const task of changed) told.set(task.id, versionOf(task));
      for (const id of gone) told.delete(id);
      if (isFirst || changed.length > 0 || gone.length > 0) {
        yield serverSentEvent(isFirst ? "snapshot" : "delta", { tasks: changed.map(taskRow), gone });
      }
      isFirst = false;
      await board.next(signal);
    }
  } finally {
    end();
  }
}

/** Changes with each sample, and with each change of state. */
function versionOf({ lastTime, state, stateSince }: TaskView): string {
  return `${lastTime} ${state} ${stateSince}`;
}
