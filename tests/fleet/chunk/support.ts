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

/** Figures that follow from each other, or are multiples of something. */
export const FOLLOWING = ["cpu_percent", "cpu_seconds", "memory_percent", "memory_bytes", "uptime_seconds"];

/** Samples of tasks of a host, one after the other: shares follow from what they are of, but for some. */
export const following: fc.Arbitrary<(readonly [task: number, sample: StoredSample])[]> = fc.record({
  total: fc.integer({ min: 2 ** 28, max: 2 ** 40 }),
  steps: fc.array(
    fc.record({
      task: fc.constantFrom(1, 2, 9),
      ms: fc.integer({ min: 1, max: 20_000 }),
      used: fc.integer({ min: 0, max: 20_000_000 }),
      pages: fc.nat(1_000_000),
      off: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(0, 0, 0.01, -0.01) },
        fc.constantFrom(NaN, 1e-5, 50),
      ),
    }),
    { maxLength: 60 },
  ),
}).map(({ total, steps }) => {
  const before = new Map<number, { time: number; seconds: number }>();
  let time = 1_764_000_000_000;
  return steps.map(({ task, ms, used, pages, off }) => {
    time += ms;
    const last = before.get(task);
    const seconds = Math.round(((last?.seconds ?? 7) + used / 1e6) * 1e6) / 1e6;
    const share = last ? (seconds - last.seconds) / (time - last.time) * 1e5 : 3;
    before.set(task, { time, seconds });
    return [task, followingSample(time, { seconds, share, pages, total, off })] as const;
  });
});

interface Facts {
  readonly seconds: number;
  readonly share: number;
  readonly pages: number;
  readonly total: number;
  readonly off: number;
}

function followingSample(time: number, { seconds, share, pages, total, off }: Facts): StoredSample {
  const figures = noFigures();
  const set = (name: string, value: number) => figures[COLUMN_AT.get(name)!] = value;
  set("cpu_seconds", seconds);
  set("cpu_percent", Math.round(share * 100) / 100 + off);
  set("memory_bytes", pages * 4_096);
  set("memory_percent", Math.round(pages * 4_096 / total * 1e4) / 100 + off);
  set("uptime_seconds", (time - 1_763_999_000_000) / 1_000);
  set("io_write_bytes", pages * 512 + 7);
  return { time, figures, custom: null, begins: false };
}

/** What the golden file of the second version holds beside: what follows from others, and what is divided. */
export function goldenFollowing(): (readonly [task: number, sample: StoredSample])[] {
  return Array.from({ length: 12 }, (_, at) => {
    const time = 1_764_000_100_000 + at * 10_000;
    const seconds = Math.round((3 + at * 1.234567) * 1e6) / 1e6;
    const pages = 1_000 + (at * 37) % 11;
    const facts = { seconds, share: 12.34567 * 1, pages, total: 2 ** 34, off: at === 7 ? 0.01 : 0 };
    return [80_000, followingSample(time, facts)] as const;
  });
}
