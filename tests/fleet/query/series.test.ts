/* Tasks over time: of samples and of what they come to, stored and not, as one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import { readColumn } from "../../../fleet/query/wanted_column.ts";
import { DAY_START, FIVE_MINUTES, HOUR, QueryFleet, sampleOf } from "../support/query_fleet.ts";

const NOW = DAY_START + 24 * HOUR;

function fleetOf() {
  const fleet = new QueryFleet();
  const agent = fleet.addAgent("factory/one", "press");
  const task = fleet.addTask(agent, "mill");
  const query = new FleetQuery(fleet, fleet.store, () => NOW);
  const ask = (columns: string, more: object = {}, signal?: AbortSignal) =>
    query.series(
      {
        tasks: [task.id],
        columns: columns.split(",").map(readColumn),
        from: DAY_START,
        until: DAY_START + HOUR,
        step: null,
        points: 300,
        ...more,
      },
      null,
      signal,
    ).then(([series]) => series);
  return { fleet, agent, task, query, ask };
}

const every = (ms: number, count: number, from = DAY_START) =>
  Array.from(
    { length: count },
    (_, at) =>
      sampleOf(
        from + at * ms,
        { cpu_seconds: at * 2, cpu_percent: at % 100, memory_bytes: 1_000 + at },
        at === 0,
      ),
  );

const sum = (values: readonly (number | null)[]) => values.reduce<number>((all, one) => all + (one ?? 0), 0);

describe("samples", () => {
  test("are points as they are, whether stored or not, each once", async () => {
    const { fleet, task, ask } = fleetOf();
    const samples = every(10_000, 360);
    fleet.take(task, samples.slice(0, 200));
    fleet.seal();
    fleet.take(task, samples.slice(200));
    const { tier, step, times, values } = await ask("cpu_percent,cpu_seconds:increase,cpu_seconds");
    assert.deepEqual([tier, step], ["raw", null]);
    assert.deepEqual(times, samples.map(({ time }) => time));
    assert.deepEqual(values["cpu_percent:avg"], samples.map((_, at) => at % 100));
    assert.deepEqual(values["cpu_seconds:increase"], samples.map((_, at) => at === 0 ? 0 : 2));
    assert.deepEqual(values["cpu_seconds:rate"]!.slice(1), samples.slice(1).map(() => 0.2));
    fleet.seal({ keepOpen: true });
    assert.deepEqual((await ask("cpu_percent")).times, times, "what is in both is one");
  });

  test("that are sealed while the store is read are not lost", async () => {
    const { fleet, task, ask } = fleetOf();
    fleet.take(task, every(10_000, 360));
    fleet.store.onChunks = () => {
      fleet.store.onChunks = () => {};
      fleet.seal();
    };
    assert.equal((await ask("cpu_percent")).times.length, 360);
  });

  test("have a point without a figure in every gap, and no other", async () => {
    const { fleet, task, ask } = fleetOf();
    fleet.take(task, [...every(10_000, 5), ...every(10_000, 5, DAY_START + 600_000)]);
    const { times, values } = await ask("cpu_percent");
    assert.equal(times.length, 11);
    assert.equal(times[5], DAY_START + 50_000);
    assert.deepEqual(values["cpu_percent:avg"], [0, 1, 2, 3, 4, null, 0, 1, 2, 3, 4]);
  });

  test("by steps: a step without samples is null", async () => {
    const { fleet, task, ask } = fleetOf();
    fleet.take(task, [...every(10_000, 6), ...every(10_000, 6, DAY_START + 120_000)]);
    const { tier, step, times, values } = await ask("cpu_percent:max,cpu_percent:last,cpu_seconds:increase", {
      step: 60_000,
      until: DAY_START + 240_000,
    });
    assert.deepEqual([tier, step], ["raw", 60_000]);
    assert.deepEqual(times, [0, 1, 2, 3].map((at) => DAY_START + at * 60_000));
    assert.deepEqual(values["cpu_percent:max"], [5, null, 5, null]);
    assert.deepEqual(values["cpu_percent:last"], [5, null, 5, null]);
    assert.deepEqual(values["cpu_seconds:increase"], [10, null, 10, null], "the second run begins at 0");
  });

  test("that go back without a word have begun anew; before the first nothing is known", async () => {
    const { fleet, task, ask } = fleetOf();
    const at = (seconds: number, value: number) =>
      sampleOf(DAY_START + seconds * 1_000, { cpu_seconds: value });
    fleet.take(task, [at(0, 50), at(10, 60), at(20, 4), at(30, 9)]);
    const { values } = await ask("cpu_seconds:increase");
    assert.deepEqual(values["cpu_seconds:increase"], [null, 10, 4, 5]);
    const later = await ask("cpu_seconds:increase", { from: DAY_START + 5_000 });
    assert.deepEqual(
      later.values["cpu_seconds:increase"],
      [10, 4, 5],
      "the one before the range is looked for",
    );
  });
});

describe("tiers", () => {
  test("the coarsest that gives the points is read, and said", async () => {
    const { fleet, task, ask } = fleetOf();
    fleet.take(task, every(60_000, 24 * 60));
    fleet.seal();
    fleet.makeHours(NOW);
    const day = { until: NOW };
    const tierOf = async (points: number) => {
      const { tier, step, times } = await ask("memory_bytes", { ...day, points });
      return [tier, step, times.length];
    };
    assert.deepEqual(await tierOf(24), ["hours", HOUR, 24]);
    assert.deepEqual(await tierOf(10), ["hours", 2 * HOUR, 12]);
    assert.deepEqual(await tierOf(25), ["fiveMinutes", 11 * FIVE_MINUTES, 27]);
    assert.deepEqual(await tierOf(288), ["fiveMinutes", FIVE_MINUTES, 288]);
    assert.deepEqual((await tierOf(289))[0], "raw");
    assert.equal((await ask("memory_bytes:last", { ...day, points: 24 })).tier, "raw");
    assert.equal((await ask("memory_bytes", { ...day, step: HOUR })).tier, "hours");
    assert.equal((await ask("memory_bytes", { ...day, step: 10 * 60_000 })).tier, "fiveMinutes");
    assert.equal((await ask("memory_bytes", { ...day, step: 60_000 })).tier, "raw");
  });

  test("one that goes back further takes the place of one that does not", async () => {
    const { fleet, task, ask } = fleetOf();
    fleet.take(task, every(60_000, 24 * 60));
    fleet.seal();
    fleet.store.reach.raw = DAY_START + 20 * HOUR;
    fleet.store.reach.fiveMinutes = DAY_START;
    const { tier, times } = await ask("memory_bytes", { points: 300, until: DAY_START + 4 * HOUR });
    assert.equal(tier, "fiveMinutes");
    assert.equal(times.length, 48);
  });

  test("agree on what counters have grown by, exactly, wherever the seams are", async () => {
    const steps = fc.array(
      fc.record({
        pause: fc.integer({ min: 1_000, max: 900_000 }),
        grown: fc.integer({ min: 0, max: 5_000_000 }),
        begins: fc.boolean(),
      }),
      { minLength: 2, maxLength: 120 },
    );
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
        fc.boolean(),
        async (rows, cuts, hasHours) => {
          const { fleet, task, ask } = fleetOf();
          let [time, value, used, peak] = [DAY_START, 0, 0, 0];
          const samples = rows.map(({ pause, grown, begins }, at) => {
            time += pause;
            const isNew = at === 0 || begins;
            value = isNew ? grown : value + grown;
            used += grown;
            peak = Math.max(peak, value);
            // To the microsecond, as agents send it.
            return sampleOf(time, { cpu_seconds: value / 1e6, memory_bytes: value }, isNew);
          });
          const places = cuts.map((cut) => Math.floor(cut * samples.length)).sort((a, b) => a - b);
          let from = 0;
          for (const place of places) {
            fleet.take(task, samples.slice(from, place));
            fleet.seal();
            from = place;
          }
          fleet.take(task, samples.slice(from));
          if (hasHours) fleet.makeHours((samples[places.at(-1) ?? 0] ?? samples.at(-1)!).time - HOUR);
          const until = Math.ceil((time + 1) / HOUR) * HOUR;
          const whole = { until, points: 1 };
          const found = [];
          for (const step of [60_000, FIVE_MINUTES, HOUR]) {
            const { values, tier } = await ask("cpu_seconds:increase,memory_bytes:max", { ...whole, step });
            found.push([
              tier,
              Math.round(sum(values["cpu_seconds:increase"]!) * 1e6),
              Math.max(...values["memory_bytes:max"]!.map((one) => one ?? -1)),
            ]);
          }
          assert.deepEqual(found.map(([, increase]) => increase), [used, used, used]);
          assert.deepEqual(found.map(([tier]) => tier), ["raw", "fiveMinutes", "hours"]);
          assert.deepEqual(found.map(([, , max]) => max), [peak, peak, peak]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("what is not answered", () => {
  const fails = async (ask: Promise<unknown>, words: RegExp) =>
    await assert.rejects(ask, (error: Error) => words.test(error.message) && error.name === "QueryError");

  test("is told in one line", async () => {
    const { ask, query, task, fleet } = fleetOf();
    await fails(ask("cpu_percent", { until: DAY_START }), /^from: it has to be before until$/);
    await fails(ask("cpu_percent", { step: 10 }), /^step: the shortest is 1s$/);
    await fails(ask("cpu_percent", { points: 0 }), /^points: /);
    await fails(
      ask("cpu_percent", { step: 1_000, until: DAY_START + 8 * HOUR }),
      /^step: it makes 28800 points/,
    );
    await fails(ask("cpu_percent:last", { until: DAY_START + 300 * HOUR }), /raw samples.*7 days at most/);
    await fails(ask("cpu_percent", { tasks: new Array(51).fill(task.id) }), /^tasks: 51 are too many; 50/);
    await fails(ask("cpu_percent", { tasks: [7] }), /^there is no task 7$/);
    assert.throws(() => readColumn("CPU_percent"), /did you mean cpu_percent\?/);
    assert.throws(() => readColumn("cpu_percent:rate"), /cpu_percent is a gauge, and has no rate/);
    assert.throws(() => readColumn("cpu_percent:middle"), /"middle" is not one of avg, min/);
    const other = fleet.addTask(fleet.addAgent("foreign/one", "spy"), "secret");
    const question = {
      tasks: [other.id],
      columns: [readColumn("cpu_percent")],
      from: 0,
      until: 1,
      step: null,
      points: 1,
    };
    await fails(
      query.series(question, new Set(["factory/one"] as const)),
      new RegExp(`^there is no task ${other.id}$`),
    );
  });

  test("is given up when nobody waits for it any more", async () => {
    const { fleet, task, ask } = fleetOf();
    fleet.take(task, every(10_000, 10));
    await assert.rejects(ask("cpu_percent", {}, AbortSignal.abort(new Error("gone"))), /gone/);
  });
});
