import { printableJsonText } from "../printable.ts";

/** A value that moves: texts need no escapes, and all is ASCII. */
type Moving = string | number | null;

/** As much as most of them take: timestamps, seconds to the microsecond. */
const ROOM_FOR_VALUE = 32;

/** Where in a message of a task that stands still, by its path, what stands that moves: time, and means over time. */
export const MOVING_IN_MESSAGES = {
  "timestamp": "timestamp",
  "metrics.timestamp": "timestamp",
  "metrics.uptime_seconds": "uptime_seconds",
  "aggregated.avg_cpu_usage": "avg_cpu_usage",
  "aggregated.avg_memory_usage": "avg_memory_usage",
  "aggregated.sample_count": "sample_count",
} as const;

/** The same of a sample. */
export const MOVING_IN_SAMPLES = {
  "timestamp": "timestamp",
  "elapsed_seconds": "elapsed_seconds",
  "interval_seconds": "interval_seconds",
  "uptime_seconds": "uptime_seconds",
} as const;

/**
 * What is told of something that stands still, as lines of JSON: all of them say what the first one says, but for what
 * moves with time. A line is the bytes of the one before with that written over, for a fraction of the price of an
 * object and its JSON.
 */
export class MovingLine<Name extends string> {
  readonly #names: readonly Name[];
  /** Where each of the values begins and ends in the line. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #bytes: Uint8Array<ArrayBuffer>;
  #line: Uint8Array;

  /**
   * @param first what the others are like
   * @param places what moves in it: names of values, by their paths
   */
  constructor(first: object, places: Readonly<Record<string, Name>>) {
    const pieces = [""];
    const names: Name[] = [];
    const add = (text: string) => void (pieces[pieces.length - 1] += text);
    const isPart = (path: string) => Object.keys(places).some((place) => place.startsWith(`${path}.`));
    const cut = (value: object, path: string) => {
      let mark = "{";
      for (const [key, inner] of Object.entries(value)) {
        // As JSON.stringify has it.
        if (inner === undefined) continue;
        add(`${mark}${JSON.stringify(key)}:`);
        mark = ",";
        if (Object.hasOwn(places, path + key)) {
          names.push(places[path + key]);
          pieces.push("");
        } else if (isPart(path + key)) cut(inner, `${path}${key}.`);
        else add(JSON.stringify(inner));
      }
      add(mark === "{" ? "{}" : "}");
    };
    cut(first, "");
    add("\n");
    this.#names = names;
    const encoder = new TextEncoder();
    const encoded = pieces.map((piece) => encoder.encode(printableJsonText(piece)));
    const total = encoded.reduce((sum, piece) => sum + piece.length, 0);
    this.#bytes = new Uint8Array(total + names.length * ROOM_FOR_VALUE);
    let length = 0;
    for (const piece of encoded) {
      this.#bytes.set(piece, length);
      length += piece.length;
      this.#from.push(length);
      this.#to.push(length);
    }
    this.#line = this.#bytes.subarray(0, length);
  }

  /** The last line; see {@link at}. */
  get last(): Uint8Array {
    return this.#line;
  }

  /** The line of a later one, byte for byte what that would be written as; in the memory of the one before. */
  at(values: Readonly<Record<Name, Moving>>): Uint8Array {
    const names = this.#names;
    for (let index = 0; index < names.length; index++) {
      const text = textOf(values[names[index]]);
      const from = this.#from[index];
      const growth = text.length - (this.#to[index] - from);
      if (growth !== 0) this.#shift(index, growth);
      const bytes = this.#bytes;
      for (let at = 0; at < text.length; at++) bytes[from + at] = text.charCodeAt(at);
    }
    return this.#line;
  }

  /** Make a value longer or shorter: what stands behind it moves. */
  #shift(index: number, growth: number): void {
    const length = this.#line.length;
    if (length + growth > this.#bytes.length) {
      const bytes = new Uint8Array(2 * (length + growth));
      bytes.set(this.#line);
      this.#bytes = bytes;
    }
    const to = this.#to[index];
    this.#bytes.copyWithin(to + growth, to, length);
    this.#to[index] += growth;
    for (let later = index + 1; later < this.#names.length; later++) {
      this.#from[later] += growth;
      this.#to[later] += growth;
    }
    this.#line = this.#bytes.subarray(0, length + growth);
  }
}

function textOf(value: Moving): string {
  return typeof value === "string" ? `"${value}"` : `${value}`;
}
