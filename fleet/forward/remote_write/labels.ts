import { agentLabel } from "../../../exporters/prometheus/agent_label.ts";
import type { LabelStyle } from "../../../exporters/prometheus/agent_label.ts";
import { ByteWriter } from "../../chunk/byte_writer.ts";
import { unitOfKey } from "../../model/unit.ts";
import type { TaskView } from "../../model/view.ts";

/** Field 1 of a TimeSeries: a label; and fields 1 and 2 of a Label (prompb/types.proto). */
const [LABEL, NAME, VALUE] = [0x0a, 0x0a, 0x12];
/** What says which request or job a task belongs to would be a series of each. */
const NOT_TOLD = new Set(["trace_id", "span_id"]);
/** A label is stored with every series: what is longer is cut. */
const MOST_LENGTH = 256;

/** Write labels in the order of their names, which Prometheus wants; empty ones are none. */
export function writeLabels(labels: Readonly<Record<string, string>>, writer: ByteWriter): void {
  const scratch = new ByteWriter();
  for (const name of Object.keys(labels).sort()) {
    if (labels[name] === "") continue;
    scratch.clear();
    scratch.byte(NAME);
    scratch.text(name);
    scratch.byte(VALUE);
    scratch.text(labels[name].slice(0, MOST_LENGTH));
    writer.byte(LABEL);
    writer.block(scratch.written());
  }
}

/** What tells the series of a task, or of a host, from others: no word that changes with a restart. */
export function labelsOf({ taskId, agent }: TaskView, style: LabelStyle): Record<string, string> {
  const { domain, channel } = unitOfKey(agent.unit);
  const host = { channel, domain, [agentLabel(style)]: agent.propletId };
  return taskId === "" ? host : { ...host, task: taskId };
}

/** The same with what a task is, beside. */
export function infoLabelsOf(task: TaskView, style: LabelStyle): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [name, value] of Object.entries(task.labels)) {
    if (!NOT_TOLD.has(name) && /^[a-zA-Z_]\w*$/.test(name) && !name.startsWith("__")) told[name] = value;
  }
  const { name, target, agent } = task;
  return {
    ...told,
    name: name ?? "",
    target: target ?? "",
    host: agent.host ?? "",
    ...labelsOf(task, style),
  };
}
