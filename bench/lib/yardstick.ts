import type { Check } from "./result.ts";

/**
 * Work of another program whose cost is known where the wanted figures were set: measured in the same run, it tells how
 * slow this machine is beside that one.
 */
export interface Yardstick {
  readonly name: string;
  /** What it does, and where the known figure is from; one sentence for the reader of a table. */
  readonly about: string;
  readonly unit: string;
  /** What it took where the wanted figures were set. */
  readonly known: number;
}

/** A yardstick as it was measured beside a figure. */
export interface Beside {
  readonly yardstick: Yardstick;
  /** In the unit of the yardstick. */
  readonly measured: number;
}

/** A check as it is held against its yardstick; ratios are figure ÷ yardstick, units left alone. */
export interface Verdict {
  /** How much slower than where the figures were set; null without a yardstick. */
  readonly slower: number | null;
  readonly ratio: number | null;
  readonly wantedRatio: number | null;
  /** By the ratio where there is one, by the figure itself where there is none. */
  readonly isMet: boolean;
}

/** Hold a check against what was wanted: by its ratio to the yardstick, where one was measured beside it. */
export function judge({ measured, wanted_at_most, beside }: Check): Verdict {
  if (!beside) return { slower: null, ratio: null, wantedRatio: null, isMet: measured <= wanted_at_most };
  const { yardstick: { known }, measured: here } = beside;
  const [ratio, wantedRatio] = [measured / here, wanted_at_most / known];
  return { slower: here / known, ratio, wantedRatio, isMet: ratio <= wantedRatio };
}

/** One note for each yardstick of some checks, in the order that they come in. */
export function yardstickNotes(checks: readonly Check[]): string[] {
  const used = new Map(
    checks.flatMap(({ beside }) => beside ? [[beside.yardstick.name, beside.yardstick]] : []),
  );
  return [...used.values()].map(({ name, about, unit, known }) =>
    `${name}: ${about}; ${known} ${unit} where the wanted figures were set. What has a ratio is met by that alone.`
  );
}
