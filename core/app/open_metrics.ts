/*
 * The text formats that programs answer at /metrics: Prometheus's (0.0.4) and OpenMetrics (1.0). Labels tell the series
 * of a name apart, which are added up; buckets and quantiles are left to whoever keeps them.
 */

/** What a page says. */
export interface Exposition {
  readonly counters: readonly { readonly name: string; readonly series: string; readonly value: number }[];
  /** Gauges, their series added up. */
  readonly gauges: ReadonlyMap<string, number>;
}

/** Longer pages are refused. */
const MOST_LINES = 50_000;
const LONGEST_LINE = 16_384;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const VALUE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const NO_VALUE = /^(?:nan|[+-]?inf(?:inity)?)$/i;
/** Of families whose samples are several, what each sample adds to the name. */
const ENDS = ["_total", "_created", "_bucket", "_sum", "_count", "_info", "_gsum", "_gcount"] as const;

/** A page, read; a text says what is wrong with it, and in which line. Nothing of such a page is to be used. */
export function parseExposition(text: string): Exposition | string {
  const types = new Map<string, string>();
  const counters: { name: string; series: string; value: number }[] = [];
  const gauges = new Map<string, number>();
  const lines = text.split("\n", MOST_LINES + 1);
  if (lines.length > MOST_LINES) return `it has more than ${MOST_LINES} lines`;
  for (const [index, line] of lines.entries()) {
    const at = `line ${index + 1}`;
    if (line.length > LONGEST_LINE) return `${at} is longer than ${LONGEST_LINE} characters`;
    if (line.startsWith("#")) {
      const type = /^#\s+TYPE\s+(\S+)\s+(\S+)/.exec(line);
      if (type) types.set(type[1], type[2].toLowerCase());
      continue;
    }
    if (line.trim() === "") continue;
    const sample = parseSample(line);
    if (sample === null) return `${at} is none of the text format: ${JSON.stringify(line.slice(0, 60))}`;
    const { name, series, value } = sample;
    if (value === null) continue;
    const role = roleOf(name, types);
    if (role === "counter" && value >= 0) counters.push({ name, series, value });
    else if (role === "gauge") gauges.set(name, (gauges.get(name) ?? 0) + value);
  }
  return { counters, gauges };
}

/** `name{label="value"} 1.5 timestamp # exemplar`; the value is null where it is not a number. */
function parseSample(line: string): { name: string; series: string; value: number | null } | null {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  let end = name.length;
  if (line[end] === "{") {
    end = endOfLabels(line, end);
    if (end < 0) return null;
  }
  const series = line.slice(name.length, end);
  const [word] = line.slice(end).trim().split(/\s/, 1);
  if (VALUE.test(word)) {
    const value = Number(word);
    return { name, series, value: Number.isFinite(value) ? value : null };
  }
  return NO_VALUE.test(word) ? { name, series, value: null } : null;
}

/** Behind the closing brace; -1 where there is none outside of quotes. */
function endOfLabels(line: string, start: number): number {
  let isQuoted = false;
  for (let at = start + 1; at < line.length; at++) {
    const character = line[at];
    if (isQuoted && character === "\\") at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === "}" && !isQuoted) return at + 1;
  }
  return -1;
}

function roleOf(name: string, types: ReadonlyMap<string, string>): "counter" | "gauge" | "none" {
  const end = ENDS.find((one) => name.endsWith(one) && types.has(name.slice(0, -one.length))) ?? "";
  const type = types.get(name) ?? types.get(name.slice(0, name.length - end.length));
  switch (type) {
    case "counter":
      return end === "_created" ? "none" : "counter";
    case "gauge":
      return "gauge";
    case "histogram":
    case "summary":
      return end === "_count" || end === "_sum" ? "counter" : "none";
    case undefined:
    case "unknown":
    case "untyped":
      return name.endsWith("_total") ? "counter" : "gauge";
    default:
      return "none";
  }
}
