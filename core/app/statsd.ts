/** Datagrams of StatsD, as its first server read them, with what DogStatsD (versions 1.0 to 1.3) has added. */

/** What a line tells; `weight` is how many events one that was sampled stands for. */
export type StatsdLine =
  | { readonly kind: "counter" | "timer" | "distribution"; readonly values: readonly number[] }
    & Common
  | { readonly kind: "gauge"; readonly values: readonly number[]; readonly isRelative: boolean } & Common
  | { readonly kind: "set"; readonly values: readonly string[] } & Common;

interface Common {
  readonly name: string;
  readonly weight: number;
  /** Tags as they were written, put in order; they tell one series of a name from another. */
  readonly tags: string;
}

const KINDS = {
  c: "counter",
  g: "gauge",
  ms: "timer",
  h: "distribution",
  d: "distribution",
  s: "set",
} as const;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
/** No control characters, and none that separates. */
// deno-lint-ignore no-control-regex
const NAME = /^[^\x00-\x1f\x7f:|@#]+$/;
const LONGEST_NAME = 200;
const LONGEST_TAGS = 1_000;
/** Of one series in one line. */
const MOST_VALUES = 1_000;
/** A sampled line stands for at most so many; what claims more was not sampled. */
const LEAST_RATE = 1e-6;
/** Numbers beyond are no measurements, and their sums no numbers. */
const LARGEST = 1e15;

/**
 * One line of a datagram; null when it makes no sense, `ignored` when it does and is not a metric (DogStatsD's events and
 * service checks).
 */
export function parseStatsd(line: string): StatsdLine | "ignored" | null {
  if (line.startsWith("_e{") || line.startsWith("_sc|")) return "ignored";
  const colon = line.indexOf(":");
  if (colon <= 0 || colon > LONGEST_NAME) return null;
  const name = line.slice(0, colon);
  if (!NAME.test(name)) return null;
  const [packed, code, ...extras] = line.slice(colon + 1).split("|");
  if (!Object.hasOwn(KINDS, code ?? "")) return null;
  const kind = KINDS[code as keyof typeof KINDS];
  const more = readExtras(extras);
  if (!more) return null;
  const common = { name, ...more };
  if (kind === "set") return packed === "" ? null : { ...common, kind, values: [packed] };
  const words = packed.split(":", MOST_VALUES + 1);
  if (words.length > MOST_VALUES) return null;
  const values: number[] = [];
  for (const word of words) {
    const value = NUMBER.test(word) ? Number(word) : NaN;
    if (!(Math.abs(value) <= LARGEST)) return null;
    values.push(value);
  }
  if (kind === "gauge") return { ...common, kind, values, isRelative: /^[+-]/.test(packed) };
  // Time does not run backwards; of other quantities nobody knows.
  if (kind === "timer" && values.some((value) => value < 0)) return null;
  return { ...common, kind, values };
}

/** `@rate`, `#tags`, and what DogStatsD sends of the container (`c:`), the time (`T`) and the cardinality (`card:`). */
function readExtras(extras: readonly string[]): { weight: number; tags: string } | null {
  let weight = 1;
  let tags = "";
  for (const extra of extras) {
    if (extra.startsWith("@")) {
      const rate = NUMBER.test(extra.slice(1)) ? Number(extra.slice(1)) : NaN;
      if (!(rate >= LEAST_RATE && rate <= 1)) return null;
      weight = 1 / rate;
    } else if (extra.startsWith("#")) {
      if (extra.length > LONGEST_TAGS) return null;
      tags = extra.slice(1).split(",").sort().join(",");
    } else if (!/^(?:[ce]:|card:|T\d)/.test(extra)) {
      return null;
    }
  }
  return { weight, tags };
}
