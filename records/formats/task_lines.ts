import { printableJson } from "../../core/printable.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import type { Exporter } from "./exporter.ts";
import { jsonl } from "./jsonl.ts";

/** What is another value in each message, also where nothing has moved; by its place in the message. */
const HOLES = {
  message: ["timestamp"],
  metrics: ["cpu_percent", "uptime_seconds", "timestamp"],
  aggregated: ["avg_cpu_usage", "avg_memory_usage", "sample_count"],
} as const satisfies {
  message: readonly (keyof TaskMessage)[];
  metrics: readonly (keyof TaskMessage["metrics"])[];
  aggregated: readonly (keyof TaskMessage["aggregated"])[];
};
/** Stands for such a value; a text of the message that is just this is noticed by the number of them. */
const MARK = /"@hole:(\w+):(\w+)@"/;

type Values = Record<string, unknown>;
type Part = keyof typeof HOLES;

/** The last message of a task, and its text once another was like it. */
interface Known {
  message: TaskMessage;
  text: Template | undefined;
}

/** A text with holes: what stands before each, and at the end. */
interface Template {
  readonly pieces: string[];
  readonly holes: readonly (readonly [Part, string])[];
}

/**
 * Messages of tasks as JSON Lines, as {@link jsonl} makes them, where most tasks stand still: of a message that is like
 * the last one of its task only what differs is made text.
 */
export class TaskLines<T> implements Exporter<TaskMessage | T> {
  readonly #known = new Map<string, Known>();

  format(record: TaskMessage | T): string {
    return jsonl.format(record);
  }

  pieces(record: TaskMessage | T): readonly string[] {
    return isMessage(record) && this.#filled(record) || [jsonl.format(record)];
  }

  #filled(message: TaskMessage): readonly string[] | undefined {
    const id = message.task_id;
    const known = this.#known.get(id);
    // What is told beside is another object each time.
    if (message.state !== "running" || message.processes || message.accounting || message.denser) {
      this.#known.delete(id);
      return undefined;
    }
    if (!known) {
      this.#known.set(id, { message, text: undefined });
      return undefined;
    }
    const isAlike = areAlike(known.message, message);
    known.text = isAlike ? known.text ?? templateOf(message) : undefined;
    known.message = message;
    return known.text && fill(known.text, message);
  }
}

function isMessage(record: unknown): record is TaskMessage {
  return (record as Values).aggregated !== undefined;
}

function partOf(message: TaskMessage, part: Part): Values {
  return part === "message" ? message : message[part];
}

function areAlike(a: TaskMessage, b: TaskMessage): boolean {
  return a.process === b.process && a.proplet_id === b.proplet_id &&
    isLike(a.metrics, b.metrics, HOLES.metrics) &&
    isLike(a.aggregated, b.aggregated, HOLES.aggregated);
}

/** Whether two have the same keys in the same order, and the same values but for the holes. */
function isLike(a: Values, b: Values, holes: readonly string[]): boolean {
  const keys = Object.keys(a);
  const others = Object.keys(b);
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index];
    if (key !== others[index]) return false;
    if (a[key] !== b[key] && !(holes.includes(key) && a[key] !== undefined && b[key] !== undefined)) {
      return false;
    }
  }
  return true;
}

/** undefined where a text in it looks like a hole. */
function templateOf(message: TaskMessage): Template | undefined {
  let count = 0;
  const marked = (part: Part): Values => {
    const values = { ...partOf(message, part) };
    for (const key of HOLES[part]) {
      if (values[key] === undefined) continue;
      values[key] = `@hole:${part}:${key}@`;
      count++;
    }
    return values;
  };
  const whole = { ...marked("message"), metrics: marked("metrics"), aggregated: marked("aggregated") };
  const pieces = `${printableJson(whole)}\n`.split(MARK);
  if (pieces.length !== 3 * count + 1) return undefined;
  const holes: [Part, string][] = [];
  for (let at = 1; at < pieces.length; at += 3) holes.push([pieces[at] as Part, pieces[at + 1]]);
  // Every other piece is what fills a hole.
  return { pieces: pieces.filter((_, at) => at % 3 !== 2), holes };
}

function fill({ pieces, holes }: Template, message: TaskMessage): readonly string[] {
  for (let index = 0; index < holes.length; index++) {
    const [part, key] = holes[index];
    const value = partOf(message, part)[key];
    // Timestamps have nothing to be escaped.
    pieces[2 * index + 1] = typeof value === "string" ? `"${value}"` : String(value);
  }
  return pieces;
}
