import type { TaskFacts, TaskSample } from "../model/arrival.ts";
import { noFigures } from "../model/column.ts";
import { LONGEST_TEXT_BYTES, NO_LABELS } from "./fields.ts";
import { JsonBytes } from "./json_bytes.ts";
import type { Reading } from "./reading.ts";
import { parseRfc3339Bytes } from "./rfc3339.ts";
import { RESTART_COUNT, WORKLOAD } from "./task_reader.ts";
import { shapeOf, VALUE } from "./task_shape.ts";
import type { TaskShape } from "./task_shape.ts";

/** Shapes that are known at a time: agents of one version and profile have one, or few. */
const MOST_SHAPES = 8;
/** One message in so many of those that are of no known shape is learned from: to find out costs as much as to read. */
const LEARNED_ONE_IN = 8;
const NO_LABEL_TEXTS: readonly (string | null)[] = WORKLOAD.map(() => null);

/**
 * Reads messages of tasks straight from their bytes into figures, by the shapes of messages before: what an agent sends
 * differs by its numbers only, so that most of it is compared and not read. It takes what JSON.stringify writes; where
 * anything is other than expected it gives up, and the reader of objects takes it, or says what is wrong with it.
 */
class TaskBytes {
  readonly #json = new JsonBytes();
  /** The one that fitted last comes first. */
  readonly #shapes: TaskShape[] = [];
  #missed = 0;

  /** @returns how many messages there were; 0: it has given up, and what has arrived by then is not to be used */
  read(bytes: Uint8Array, reading: Reading, mostBrackets: number): number {
    const json = this.#json;
    json.begin(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isArray = json.opensArray();
    let [count, brackets] = [0, 1];
    do {
      const shape = ++count > reading.limits.batch ? null : this.#message(view, reading);
      if (shape === null || (brackets += shape.brackets) > mostBrackets) return 0;
    } while (isArray && json.passesComma());
    return (!isArray || json.closesArray()) && json.isAtEnd ? count : 0;
  }

  /** @returns the shape of the message that was read; null where it could not be */
  #message(view: DataView, reading: Reading): TaskShape | null {
    const json = this.#json;
    const from = json.at;
    for (let n = 0; n < this.#shapes.length; n++) {
      const shape = this.#shapes[n];
      if (this.#fits(shape, view, reading)) {
        if (n > 0) this.#shapes.unshift(...this.#shapes.splice(n, 1));
        return shape;
      }
      json.at = from;
    }
    if (this.#missed++ % LEARNED_ONE_IN !== 0) return null;
    const shape = shapeOf(json.bytes, from);
    if (shape === null || !this.#fits(shape, view, reading)) return null;
    this.#shapes.unshift(shape);
    if (this.#shapes.length > MOST_SHAPES) this.#shapes.pop();
    return shape;
  }

  /** Read a message that is of a shape; false where it is not, or where it is not to be taken. */
  #fits(shape: TaskShape, view: DataView, reading: Reading): boolean {
    const json = this.#json;
    const { text, lengths, values } = shape;
    const size = view.byteLength;
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
    for (let n = 0, place = 0;; n++) {
      const end = place + lengths[n];
      let at = json.at;
      if (at + lengths[n] > size) return false;
      for (; place + 4 <= end; place += 4, at += 4) {
        if (text.getUint32(place) !== view.getUint32(at)) return false;
      }
      for (; place < end; place++, at++) if (text.getUint8(place) !== view.getUint8(at)) return false;
      json.at = at;
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
    const facts: TaskFacts | null = !shape.isOfProcess ? null : {
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
}

function labelled(texts: readonly (string | null)[]): TaskFacts["labels"] {
  let labels: Record<string, string> | null = null;
  for (const [turn, text] of texts.entries()) if (text !== null) (labels ??= {})[WORKLOAD[turn]] = text;
  return labels ?? NO_LABELS;
}

let reader: TaskBytes | undefined;

/**
 * Read a body of messages of tasks without making objects of them.
 * @param mostBrackets more are not read
 * @returns how many messages it has; 0 where it is for another to read, whatever has arrived in `reading` by then
 */
export function readTaskBytes(bytes: Uint8Array, reading: Reading, mostBrackets: number): number {
  reader ??= new TaskBytes();
  try {
    const count = reader.read(bytes, reading, mostBrackets);
    return reading.faults.length === 0 ? count : 0;
  } catch {
    // This is the short way only: the other reader says what is wrong, if anything is.
    return 0;
  }
}
