/* Targets and runs by words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import { DAY_START, HOUR, QueryFleet } from "../support/query_fleet.ts";

const OWN = new Set(["factory/one"] as const);

test("targets and runs are found by words, those of others are not", async () => {
  const fleet = new QueryFleet();
  const press = fleet.addAgent("factory/one", "press");
  const tasks = ["a", "b", "c"].map((name, n) =>
    fleet.addTask(press, name, { target: n < 2 ? "Web server" : "web client" })
  );
  const spy = fleet.addTask(fleet.addAgent("foreign/one", "spy"), "s", { target: "web secret" });
  [...tasks, spy].forEach(({ id }, n) => {
    const isLost = n === 1;
    fleet.store.runRows.push({
      ...{ task: id, started: DAY_START, ended: DAY_START + n * 1_000, figures: {}, quality: {} },
      ...{ state: isLost ? "lost" : "ended", error: isLost ? null : "Exit code 3" },
    });
  });
  const query = new FleetQuery(fleet, fleet.store, () => DAY_START + HOUR);
  assert.deepEqual(query.searchTargets(["web"], 9, OWN), [
    { name: "Web server", count: 2 },
    { name: "web client", count: 1 },
  ]);
  assert.deepEqual(query.searchTargets(["web", "client"], 9, OWN), [{ name: "web client", count: 1 }]);
  assert.equal(query.searchTargets(["web"], 1, null).length, 1);
  const runs = async (...words: string[]) =>
    (await query.searchRuns(words, 9, OWN)).map(({ task_id }) => task_id);
  assert.deepEqual(await runs("exit", "3"), ["c", "a"]);
  assert.deepEqual(await runs("lost"), ["b"]);
  assert.deepEqual(await runs("press", "client"), ["c"]);
  assert.deepEqual(await runs("secret"), []);
});
