/* Many tasks over time as few lines: those with most, the rest together, and a band of all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import type { CrowdQuestion } from "../../../fleet/query/crowd.ts";
import { readColumn } from "../../../fleet/query/wanted_column.ts";
import { DAY_START, QueryFleet, sampleOf } from "../support/query_fleet.ts";

const OWN = new Set(["factory/one"] as const);
const [MINUTE, DAY] = [60_000, 86_400_000];

/** Ten tasks of ours, each with ten times its number, and one of others with very much; half is stored. */
function begin() {
  const fleet = new QueryFleet();
  const host = fleet.addAgent("factory/one", "press");
  const tasks = Array.from({ length: 10 }, (_, n) => fleet.addTask(host, `t${n + 1}`, { target: "mill" }));
  const foreign = fleet.addTask(fleet.addAgent("foreign/one", "spy"), "secret", { target: "mill" });
  const take = (minute: number) => {
    tasks.forEach((task, n) =>
      fleet.take(task, [sampleOf(DAY_START + minute * MINUTE, { cpu_percent: (n + 1) * 10 }, minute === 0)])
    );
    fleet.take(foreign, [sampleOf(DAY_START + minute * MINUTE, { cpu_percent: 1e6 }, minute === 0)]);
  };
  for (let minute = 0; minute < 5; minute++) take(minute);
  fleet.seal();
  for (let minute = 5; minute < 10; minute++) take(minute);
  const query = new FleetQuery(fleet, fleet.store, () => DAY_START + 10 * MINUTE);
  const ask = (more: Partial<CrowdQuestion> = {}) =>
    query.crowd({
      ...{ selection: { target: "mill" }, column: readColumn("cpu_percent"), points: 10, limit: 3 },
      ...{ from: DAY_START, until: DAY_START + 10 * MINUTE },
      ...more,
    }, OWN);
  return { ask };
}

test("a crowd is those with most, the rest together, and where all of them lie, of whom may be seen", async () => {
  const { ask } = begin();
  const crowd = await ask();
  assert.equal(crowd.step, MINUTE);
  assert.equal(crowd.times.length, 10);
  assert.deepEqual(crowd.top.map(({ name }) => name), ["t10", "t9", "t8"]);
  assert.deepEqual(new Set(crowd.top[0].values), new Set([100]));
  assert.deepEqual(new Set(crowd.rest), new Set([10 + 20 + 30 + 40 + 50 + 60 + 70]));
  assert.equal(crowd.rest_count, 7);
  assert.deepEqual([crowd.p50[9], crowd.p95[9], crowd.max[9]], [50, 100, 100]);
  assert.equal(crowd.left_out, 0);
});

test("what is not known is nothing, and not 0", async () => {
  const { ask } = begin();
  const crowd = await ask({ from: DAY_START - 10 * MINUTE, points: 20 });
  assert.deepEqual(crowd.rest.slice(0, 10), Array(10).fill(null));
  assert.deepEqual([crowd.p50[3], crowd.p50[15]], [null, 50]);
  const nobody = await ask({ selection: { target: "nothing" } });
  assert.deepEqual([nobody.top.length, nobody.rest_count, new Set(nobody.max)], [0, 0, new Set([null])]);
});

test("a question that cannot be answered is told so", async () => {
  const { ask } = begin();
  await assert.rejects(ask({ until: DAY_START }), { message: "from: it has to be before until" });
  await assert.rejects(ask({ limit: 51 }), { message: "limit: it has to be from 0 to 50" });
  await assert.rejects(ask({ points: 401 }), { message: "points: it has to be from 1 to 400" });
  // Refused before anything is made of such a length, also where there is no task to read.
  for (const target of ["mill", "nothing"]) {
    await assert.rejects(ask({ selection: { target }, until: DAY_START + 20_000 * DAY }), {
      message: "from: the range has 20000 steps of 86400 s, and 11000 are the most; ask for a shorter range",
    });
  }
});
