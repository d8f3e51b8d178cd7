import { COLUMNS } from "../../model/column.ts";
import { unitOfKey } from "../../model/unit.ts";
import { hostOf } from "../../query/scope.ts";
import type { Forwarded } from "../forwarded.ts";

/** A sample as a line of JSONEachRow. */
export function rowOf({ task, time, figures, custom }: Forwarded): string {
  const { agent, taskId, target, name } = task;
  const row: Record<string, unknown> = {
    time: new Date(time).toISOString().replace("T", " ").slice(0, -1),
    ...unitOfKey(agent.unit),
    proplet_id: agent.propletId,
    task_id: taskId,
    host: hostOf(agent),
    target: target ?? "",
    name: name ?? "",
  };
  COLUMNS.forEach(({ name }, at) => {
    const figure = figures[at];
    if (figure === figure) row[name] = figure;
  });
  // Names of its own are of a map: no message makes a column.
  if (custom) row.custom = Object.fromEntries(custom);
  return `${JSON.stringify(row)}\n`;
}
