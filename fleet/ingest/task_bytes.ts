import type { TaskFacts, TaskSample } from "../model/arrival.ts";
import { noFigures } from "../model/column.ts";
import { LONGEST_TEXT_BYTES, NO_LABELS } from "./fields.ts";
import type { JsonBytes } from "./json_bytes.ts";
import type { Reading } from "./reading.ts";
import { parseRfc3339Bytes } from "./rfc3339.ts";
import { TASK_FORM, VALUE } from "./shape.ts";
import type { Shape } from "./shape.ts";
import { isSameText, ShapeReader } from "./shape_reader.ts";
import { RESTART_COUNT, WORKLOAD } from "./task_reader.ts";

const NO_LABEL_TEXTS: readonly (string | null)[] = WORKLOAD.map(() => null);

/** A message of a task. */
function takeTask(shape: Shape, json: JsonBytes, view: DataView, reading: Reading): boolean {
  const { text, lengths, values } = shape;
  const figures = noFigures();
  let taskId = "";
  let propletId = "";
  let agentId: string | null = null;
  let state: TaskSample["state"] = "running";
  let target: string | null = null;
  let name: string | null = null;
  let pid: number | null = null;
  let labels: (string | null)[] | null = null;
  let time = NaN;
  let startedAt = NaN;
  let restarts = NaN;
  for (let n = 0, place = 0;; place += lengths[n++]) {
    if (!isSameText(text, place, lengths[n], view, json.at)) return false;
    json.at += lengths[n];
    const value = values[n];
    if (value < VALUE.end) {
      const figure = json.amount();
      if (figure < 0) return false;
      figures[value] = figure;
      continue;
    }
    if (value === VALUE.end) break;
    if (value === VALUE.anyNumber || value === VALUE.pid || value === VALUE.restarts) {
      const number = json.amount();
      if (number < 0) return false;
      if (value === VALUE.anyNumber) continue;
      if (value === VALUE.restarts) restarts = number;
      else pid = Number.isSafeInteger(number) && number > 0 ? number : null;
      continue;
    }
    if (!json.passesPlain()) return false;
    if (value === VALUE.anyText) continue;
    if (json.end - json.from > LONGEST_TEXT_BYTES) return false;
    switch (value) {
      case VALUE.time:
        time = parseRfc3339Bytes(json.bytes, json.from, json.end);
        continue;
      case VALUE.start:
        startedAt = parseRfc3339Bytes(json.bytes, json.from, json.end);
        continue;
      case VALUE.taskId:
        taskId = json.text();
        continue;
      case VALUE.propletId:
        propletId = json.text();
        continue;
      case VALUE.agentId:
        agentId = json.text() || null;
        continue;
      case VALUE.state: {
        const word = json.text();
        if (word !== "running" && word !== "ended" && word !== "stopped") return false;
        state = word;
        continue;
      }
    }
    if (value === VALUE.target) target = json.text() || null;
    else if (value === VALUE.name) name = json.text() || null;
    else (labels ??= NO_LABEL_TEXTS.slice())[value - VALUE.firstLabel] = json.text() || null;
  }
  if (taskId === "" || propletId === "" || Number.isNaN(time)) return false;
  const sender = reading.senderNamed(propletId, agentId);
  const when = sender && reading.timeOf(time, sender);
  if (!sender || !when) return false;
  if (!Number.isNaN(restarts)) figures[RESTART_COUNT] = restarts;
  const facts: TaskFacts | null = !shape.objects.has("process") ? null : {
    target,
    name,
    pid,
    startedAt: Number.isNaN(startedAt) ? null : startedAt,
    labels: labels === null ? NO_LABELS : labelled(labels),
  };
  reading.arrivals.push(
    {
      kind: "sample",
      sender,
      taskId,
      time: when.time,
      isApproximate: when.isApproximate,
      figures,
      custom: null,
      state,
      facts,
      quality: shape.quality,
      isEmbedded: false,
    } satisfies TaskSample,
  );
  return true;
}

function labelled(texts: readonly (string | null)[]): TaskFacts["labels"] {
  let labels: Record<string, string> | null = null;
  for (const [turn, text] of texts.entries()) if (text !== null) (labels ??= {})[WORKLOAD[turn]] = text;
  return labels ?? NO_LABELS;
}

/** Messages of tasks, read from their bytes. */
export const taskBytes: ShapeReader = new ShapeReader(TASK_FORM, takeTask);
