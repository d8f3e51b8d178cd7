import { printableJsonText } from "../printable.ts";

/** A value that moves: texts need no escapes. */
type Moving = string | number | null;

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
 * moves with time. A line is made of the pieces of the first, for a fraction of the price of an object and its JSON.
 */
export class MovingLine<Name extends string> {
  /** What stands before each of the values that move, and behind the last of them. */
  readonly #pieces: readonly string[];
  readonly #names: readonly Name[];

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
    this.#pieces = pieces.map(printableJsonText);
    this.#names = names;
  }

  /** The line of a later one, byte for byte what that would be written as. */
  at(values: Readonly<Record<Name, Moving>>): string {
    const pieces = this.#pieces;
    const names = this.#names;
    let line = pieces[0];
    for (let index = 0; index < names.length; index++) {
      const value = values[names[index]];
      line += (typeof value === "string" ? `"${value}"` : `${value}`) + pieces[index + 1];
    }
    return line;
  }
}
