import { COLUMN_AT } from "../model/column.ts";
import type { TaskSample } from "../model/arrival.ts";
import { isFields } from "./fields.ts";
import { JsonBytes, MOST_DEPTH } from "./json_bytes.ts";
import { qualityOf, WORKLOAD } from "./task_reader.ts";

/** What a value between two pieces of fixed text is; numbers below are those of columns. */
export const VALUE = {
  end: 200,
  anyText: 201,
  anyNumber: 202,
  taskId: 203,
  propletId: 204,
  agentId: 205,
  state: 206,
  time: 207,
  target: 208,
  name: 209,
  pid: 210,
  start: 211,
  restarts: 212,
  /** Of a health message. */
  version: 213,
  uptime: 214,
  queued: 215,
  dropped: 216,
  /** From here on labels of the process, by their turn. */
  firstLabel: 220,
} as const;

/** A message, as an agent writes it each time: fixed text, and the values between. */
export interface Shape {
  /** All pieces of fixed text, one after another. */
  readonly text: DataView;
  /** How long each piece is. */
  readonly lengths: Int32Array;
  /** What comes after each piece. */
  readonly values: Uint8Array;
  /** What the fixed text says of how well the figures are accounted for. */
  readonly quality: TaskSample["quality"];
  /** The objects in it, whatever they tell. */
  readonly objects: ReadonlySet<string>;
  readonly brackets: number;
}

/** Which object of a message; one inside of what is not known is as unknown, however deep it is. */
type Place = "message" | "metrics" | "process" | "agent" | "exporter" | "host" | "unknown";

/** What messages of a kind may have in them. */
export interface Form {
  /** What values are, by where they stand. */
  readonly known: Readonly<Partial<Record<Place, ReadonlyMap<string, number>>>>;
  /** Objects of the message that are known. */
  readonly objects: ReadonlySet<string>;
  /** By object: of these the reader of objects takes more than a shape knows. */
  readonly others: Readonly<Partial<Record<Place, ReadonlySet<string>>>>;
  readonly needed: readonly number[];
}

const OF_MESSAGE: ReadonlyMap<string, number> = new Map([
  ["task_id", VALUE.taskId],
  ["proplet_id", VALUE.propletId],
  ["agent_id", VALUE.agentId],
  ["state", VALUE.state],
]);
const OF_METRICS: ReadonlyMap<string, number> = new Map([...COLUMN_AT, ["timestamp", VALUE.time]]);
const OF_PROCESS: ReadonlyMap<string, number> = new Map([
  ["target", VALUE.target],
  ["name", VALUE.name],
  ["pid", VALUE.pid],
  ["start_time", VALUE.start],
  ["restart_count", VALUE.restarts],
  ...WORKLOAD.map((name, turn) => [name, VALUE.firstLabel + turn] as const),
]);
/** Messages of tasks. */
export const TASK_FORM: Form = {
  known: { message: OF_MESSAGE, metrics: OF_METRICS, process: OF_PROCESS },
  objects: new Set(["metrics", "process"]),
  others: { message: new Set(["trace", "waiting", "cgroup", "gpu"]) },
  needed: [VALUE.taskId, VALUE.propletId, VALUE.time],
};
const NUMBERS: ReadonlySet<number> = new Set([
  ...[VALUE.anyNumber, VALUE.pid, VALUE.restarts, VALUE.uptime, VALUE.queued, VALUE.dropped],
]);
const NOTHING: ReadonlyMap<string, number> = new Map();
/** A longer message is of no shape: what is learned is kept, and costs several times its bytes while it is learned. */
const MOST_BYTES = 64 << 10;
/** So many exporters of an agent are looked at. */
export const MOST_EXPORTERS = 16;
const [QUOTE, LETTER_N] = [0x22, 0x6e];

/** Finds out of what shape a message is. */
class ShapeFinder {
  readonly #json = new JsonBytes();
  readonly #lengths: number[] = [];
  readonly #values: number[] = [];
  readonly #pieces: Uint8Array[] = [];
  #from = 0;
  #quality: TaskSample["quality"] = null;
  readonly #objects = new Set<string>();

  constructor(bytes: Uint8Array, readonly begin: number, readonly form: Form) {
    this.#json.begin(bytes);
    this.#json.at = this.#from = begin;
  }

  get #isLong(): boolean {
    return this.#json.at - this.begin > MOST_BYTES;
  }

  find(): Shape | null {
    if (!this.#object("message", 0) || this.#isLong) return null;
    this.#piece(this.#json.at, VALUE.end);
    if (this.form.needed.some((value) => !this.#values.includes(value))) return null;
    const text = new Uint8Array(this.#lengths.reduce((sum, length) => sum + length));
    this.#pieces.reduce((at, piece) => {
      text.set(piece, at);
      return at + piece.length;
    }, 0);
    return {
      text: new DataView(text.buffer),
      lengths: Int32Array.from(this.#lengths),
      values: Uint8Array.from(this.#values),
      quality: this.#quality,
      objects: this.#objects,
      brackets: this.#json.brackets,
    };
  }

  /** @param depth brackets that are open around it */
  #object(place: Place, depth: number): boolean {
    const json = this.#json;
    if (depth > MOST_DEPTH || !json.opensObject()) return false;
    const names = new Set<string>();
    do {
      if (!json.passesString()) return false;
      const name = json.slice(json.from, json.end);
      // Of two of one name the last counts.
      if (names.has(name) || !json.passesColon()) return false;
      names.add(name);
      if (!this.#value(place, name, depth + 1) || this.#isLong) return false;
    } while (json.passesComma());
    return json.closesObject();
  }

  #value(place: Place, name: string, depth: number): boolean {
    const json = this.#json;
    const from = json.at;
    if (this.form.others[place]?.has(name)) return false;
    if (place === "message" && this.form.objects.has(name)) {
      this.#objects.add(name);
      return this.#object(name as Place, depth);
    }
    if (place === "agent" && name === "exporters") return this.#exporters(depth);
    if (place === "message" && name === "accounting") {
      if (!json.passesValue(depth)) return false;
      const accounting: unknown = JSON.parse(json.slice(from, json.at));
      this.#quality = qualityOf(accounting);
      return isFields(accounting);
    }
    const value = (this.form.known[place] ?? NOTHING).get(name);
    // A figure of another name is one all the same.
    if (value === undefined && place === "metrics") return false;
    const first = json.bytes[from];
    if (value === undefined) {
      if (first === 0x7b) return this.#object("unknown", depth);
      if (first === QUOTE) return this.#text(VALUE.anyText);
      const isNumber = first === LETTER_N || (first >= 0x30 && first <= 0x39);
      return isNumber ? this.#number(VALUE.anyNumber) : json.passesValue(depth);
    }
    return value < VALUE.end || NUMBERS.has(value) ? this.#number(value) : this.#text(value);
  }

  /** Objects in an array, which are as many each time. */
  #exporters(depth: number): boolean {
    const json = this.#json;
    if (!json.opensArray()) return false;
    if (json.closesArray()) return true;
    let count = 0;
    do {
      if (++count > MOST_EXPORTERS || !this.#object("exporter", depth + 1)) return false;
    } while (json.passesComma());
    return json.closesArray();
  }

  #text(value: number): boolean {
    if (!this.#json.passesString()) return false;
    this.#piece(this.#json.from, value);
    this.#from = this.#json.end;
    return true;
  }

  #number(value: number): boolean {
    this.#piece(this.#json.at, value);
    const isRead = !(this.#json.amount() < 0);
    this.#from = this.#json.at;
    return isRead;
  }

  /** That fixed text ends here, and what follows. */
  #piece(end: number, value: number): void {
    this.#pieces.push(this.#json.bytes.slice(this.#from, end));
    this.#lengths.push(end - this.#from);
    this.#values.push(value);
  }
}

/** The shape of the message that begins there; null where none of that form is. */
export function shapeOf(bytes: Uint8Array, at: number, form: Form): Shape | null {
  return new ShapeFinder(bytes, at, form).find();
}
