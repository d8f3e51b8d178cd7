import { fromScaled, toScaled } from "./scaled.ts";

/*
 * Figures that follow from others but for a little: what is left of them is stored in their place, under names that no
 * figure has. Each comes back as the very same double; where that would not be so, or is no less, it stays itself.
 */

/** Arrays of a column, a task each; null where it has none. */
type Column = readonly (Float64Array | null)[];

/** The columns of tasks, plain or with what is left of them. */
export type Columns = Map<string, (Float64Array | null)[]>;

/** A column that follows from others. */
interface Derived {
  readonly name: string;
  /** What of it is stored. */
  readonly left: string;
  /** What it follows from. */
  readonly of: readonly string[];
}

const MEMORY_TOTAL = "*memory_total";
/** How long a task runs tells when it began, which hardly changes. */
const UPTIME: Derived = { name: "uptime_seconds", left: "*started", of: [] };
/** What a task uses of a processor is what its CPU time grows by. */
const CPU: Derived = { name: "cpu_percent", left: "*cpu_rest", of: ["cpu_seconds"] };
/** Memory as a share is the memory by what the host has, which is the same of all tasks. */
const MEMORY: Derived = {
  name: "memory_percent",
  left: "*memory_rest",
  of: ["memory_bytes", MEMORY_TOTAL],
};
const DERIVED = [UPTIME, CPU, MEMORY];

/** Names of columns that are no figures. */
export const LEFT: ReadonlySet<string> = new Set([...DERIVED.map(({ left }) => left), MEMORY_TOTAL]);

const UPTIME_DIGITS = 6;
const SHARE_DIGITS = 2;
/** Shares are stored in hundredths of a percent. */
const WHOLE = 10_000;
/** CPU seconds by milliseconds, as hundredths of a percent. */
const CPU_FACTOR = 1e7;
/** Differences and sums of these are exact. */
const MAX_START = 2 ** 50;
const MAX_GUESS = 2 ** 40;

/** Which columns have to be read for some that are wanted. */
export function neededFor(wanted: readonly string[]): Set<string> {
  const needed = new Set(wanted);
  for (const { name, left, of } of DERIVED) {
    if (needed.has(name)) { for (const one of [left, ...of]) needed.add(one); }
  }
  return needed;
}

/** Put what is left of columns in their place. */
export function derive(times: readonly Float64Array[], columns: Columns): void {
  replace(columns, UPTIME, (place, uptime) => startsOf(times[place]!, uptime));
  const seconds = columns.get(CPU.of[0]!);
  replace(columns, CPU, (place, percent) => {
    const used = seconds?.[place];
    return used ? restOf(percent, (at) => usedShare(used, times[place]!, at)) : null;
  });
  const [bytes, percents] = [columns.get(MEMORY.of[0]!), columns.get(MEMORY.name)];
  const total = bytes && percents ? totalOf(bytes, percents) : null;
  if (total === null) return;
  const replaced = replace(columns, MEMORY, (place, percent) => {
    const own = bytes![place];
    return own ? restOf(percent, (at) => share(own[at]!, total)) : null;
  });
  if (!replaced) return;
  columns.set(MEMORY_TOTAL, replaced.map((rest) => rest && new Float64Array(rest.length).fill(total)));
}

/** Put columns in the place of what is left of them. */
export function restore(times: readonly Float64Array[], columns: Columns): void {
  restoreOne(columns, UPTIME, (place, starts) => {
    const own = times[place]!;
    return starts.map((start, at) => fromScaled(sinceFirst(own[at]!, own[0]!) - start, UPTIME_DIGITS));
  });
  const seconds = columns.get(CPU.of[0]!);
  restoreOne(columns, CPU, (place, rest) => {
    const used = seconds?.[place];
    return used ? withRest(rest, (at) => usedShare(used, times[place]!, at)) : null;
  });
  const [bytes, totals] = MEMORY.of.map((name) => columns.get(name));
  restoreOne(columns, MEMORY, (place, rest) => {
    const [own, total] = [bytes?.[place], totals?.[place]];
    return own && total ? withRest(rest, (at) => share(own[at]!, total[0]!)) : null;
  });
  columns.delete(MEMORY_TOTAL);
}

/** @returns what is left of each; undefined where the column stays as it is */
function replace(
  columns: Columns,
  { name, left }: Derived,
  of: (place: number, values: Float64Array) => Float64Array | null,
): Column | undefined {
  const plain = columns.get(name);
  const rests = plain?.map((values, place) => values && of(place, values));
  if (!plain || !rests!.some((rest) => rest !== null)) return undefined;
  columns.set(name, plain.map((values, place) => rests![place] ? null : values));
  columns.set(left, rests!);
  return rests;
}

function restoreOne(
  columns: Columns,
  { name, left }: Derived,
  of: (place: number, rest: Float64Array) => Float64Array | null,
): void {
  const rests = columns.get(left);
  if (!rests) return;
  const plain = columns.get(name);
  columns.set(name, rests.map((rest, place) => rest ? of(place, rest) : plain?.[place] ?? null));
  columns.delete(left);
}

/** Microseconds from the first row to when a task began, by each of its rows; null where that would lose something. */
function startsOf(times: Float64Array, uptimes: Float64Array): Float64Array | null {
  const starts = new Float64Array(uptimes.length);
  for (let at = 0; at < uptimes.length; at++) {
    const uptime = uptimes[at]!;
    const since = sinceFirst(times[at]!, times[0]!);
    starts[at] = since - toScaled(uptime, UPTIME_DIGITS);
    if (Number.isNaN(uptime) ? Number.isNaN(since) : !(Math.abs(starts[at]!) <= MAX_START)) return null;
  }
  return starts;
}

/** Microseconds from one time to another, which is exact for whole milliseconds; else NaN. */
function sinceFirst(time: number, first: number): number {
  const ms = time - first;
  return Number.isInteger(time) && Number.isInteger(first) && Math.abs(ms) < MAX_START / 1_000
    ? ms * 1_000
    : NaN;
}

/** What shares are above a guess; null where it does not tell them exactly, or takes no less. */
function restOf(percents: Float64Array, guess: (at: number) => number): Float64Array | null {
  const rest = new Float64Array(percents.length);
  let [own, steps, left, last] = [0, 0, 0, 0];
  for (let at = 0; at < percents.length; at++) {
    const percent = percents[at]!;
    if (percent !== percent) {
      rest[at] = NaN;
      continue;
    }
    const scaled = toScaled(percent, SHARE_DIGITS);
    if (scaled !== scaled) return null;
    rest[at] = scaled - guess(at);
    own += bitsOf(scaled);
    steps += bitsOf(scaled - last);
    left += bitsOf(rest[at]!);
    last = scaled;
  }
  return left < Math.min(own, steps) ? rest : null;
}

function withRest(rest: Float64Array, guess: (at: number) => number): Float64Array {
  return rest.map((left, at) => fromScaled(left + guess(at), SHARE_DIGITS));
}

/** What share of a processor the time since the row before was. */
function usedShare(seconds: Float64Array, times: Float64Array, at: number): number {
  if (at === 0) return 0;
  const used = (seconds[at]! - seconds[at - 1]!) / (times[at]! - times[at - 1]!);
  const guess = Math.round(used * CPU_FACTOR);
  return guess > 0 && guess <= MAX_GUESS ? guess : 0;
}

function share(bytes: number, total: number): number {
  const guess = Math.round(bytes / total * WHOLE);
  return guess > 0 && guess <= MAX_GUESS ? guess : 0;
}

/** What the shares are of: whatever all of them are rounded from alike; null where there is no such thing. */
function totalOf(bytes: Column, percents: Column): number | null {
  let [least, most] = [0, Infinity];
  for (let place = 0; place < percents.length; place++) {
    const [shares, own] = [percents[place], bytes[place]];
    if (!shares || !own) continue;
    for (let at = 0; at < shares.length; at++) {
      const [hundredths, value] = [shares[at]! * 100, own[at]! * WHOLE];
      if (!(hundredths >= 1) || !(value > 0)) continue;
      least = Math.max(least, value / (hundredths + 0.5));
      most = Math.min(most, value / (hundredths - 0.5));
    }
  }
  const total = Math.round((least + most) / 2);
  return least <= most && total >= 1 && total <= MAX_START ? total : null;
}

function bitsOf(integer: number): number {
  return 32 - Math.clz32(Math.min(Math.abs(integer), 2 ** 31));
}
