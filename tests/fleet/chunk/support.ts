import fc from "fast-check";
import { COLUMN_AT, COLUMNS, noFigures } from "../../../fleet/model/column.ts";
import type { StoredSample } from "../../../fleet/model/view.ts";

/** A figure of any kind: as agents send them, and as only a fault would. */
export const figure: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1_000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 10_000 }).map((n) => n / 100) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 ** 45 }).map((n) => n / 1e6) },
  { weight: 2, arbitrary: fc.constant(NaN) },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
  { weight: 1, arbitrary: fc.double() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-0, 0, Infinity, -Infinity, 5e-324, 1e308, 2 ** 50, -(2 ** 50), 2 ** 53),
  },
);

/** When a sample was: whole milliseconds as a rule, and close to the one before. */
const time: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 60_000 }).map((ms) => 1_764_000_000_000 + ms) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, min: 0, max: 4e12 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 8.64e15, -8.64e15) },
);

const custom: fc.Arbitrary<ReadonlyMap<string, number> | null> = fc.option(
  fc.dictionary(fc.constantFrom("queue_length", "ok", "été", "__proto__"), figure, { minKeys: 1 })
    .map((entries) => new Map(Object.entries(entries))),
  { freq: 3 },
).map((map) => map?.size ? map : null);

/** A sample of any kind. */
export const sample: fc.Arbitrary<StoredSample> = fc.record({
  time,
  figures: fc.array(fc.tuple(fc.nat(COLUMNS.length - 1), figure), { maxLength: 12 }).map((set) => {
    const figures = noFigures();
    for (const [at, value] of set) figures[at] = value;
    return figures;
  }),
  custom,
  begins: fc.boolean(),
}, { noNullPrototype: true });

/** Samples of some tasks of an agent, in any order. */
export const rows: fc.Arbitrary<(readonly [task: number, sample: StoredSample])[]> = fc.array(
  fc.tuple(fc.constantFrom(1, 2, 3, 70_000, 2 ** 40), sample),
  { maxLength: 40 },
);

/** Samples by their task, as a chunk gives them back: a custom figure that is NaN is none. */
export function byTask(
  given: readonly (readonly [task: number, sample: StoredSample])[],
): Map<number, StoredSample[]> {
  const found = new Map<number, StoredSample[]>();
  for (const [task, sample] of given) {
    const known = new Map([...sample.custom ?? []].filter(([, value]) => !Number.isNaN(value)));
    const samples = found.get(task) ?? [];
    found.set(task, [...samples, { ...sample, custom: known.size === 0 ? null : known }]);
  }
  return found;
}

/** What the golden files hold: every way in which a series can be packed. They are never written again. */
export function goldenRows(): (readonly [task: number, sample: StoredSample])[] {
  const even = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((tick) =>
    [11, 12].map((task) => {
      const figures = noFigures();
      const noise = (tick * 7919 + task * 104_729) % 1000;
      figures[COLUMN_AT.get("cpu_percent")!] = noise / 100;
      figures[COLUMN_AT.get("cpu_seconds")!] = tick * 1.25 + task / 1e6;
      figures[COLUMN_AT.get("memory_bytes")!] = task * 2 ** 20 + noise * 4096;
      figures[COLUMN_AT.get("thread_count")!] = 4;
      figures[COLUMN_AT.get("uptime_seconds")!] = tick * 60 + (task === 11 ? noise / 1e6 : 1 / 7);
      figures[COLUMN_AT.get("load_1m")!] = 1 / 3;
      figures[COLUMN_AT.get("load_5m")!] = 1 / (tick + 3);
      if (tick % 3 === 0) figures[COLUMN_AT.get("disk_read_bytes")!] = tick * 4096;
      const custom = task === 12 ? new Map([["queue_length", tick % 4], ["été", -noise]]) : null;
      return [task, {
        time: 1_764_028_700_000 + tick * 60_000,
        figures,
        custom,
        begins: tick === 0,
      }] as const;
    })
  );
  return [...even, [2 ** 40, {
    time: 1_764_028_700_000.5,
    figures: noFigures(),
    custom: null,
    begins: false,
  }]];
}

/** What the golden file of an hour holds, by field. */
export function goldenHour(): Readonly<Record<string, Float64Array>> {
  const of = (value: (at: number) => number) => Float64Array.from({ length: 40 }, (_, at) => value(at));
  return {
    task: of((at) => 3 * at + 1),
    n: of(() => 360),
    sum: of((at) => at * 1_234.567891),
    min: of((at) => at % 3 === 0 ? 0 : at / 3),
    max: of((at) => at * 2 ** 30),
    increase: of((at) => at % 2 === 0 ? 0 : at * 7.25),
  };
}
