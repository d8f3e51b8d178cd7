import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PageRow } from "../../../../core/schema/page_messages.ts";
import { arranged, countedStates } from "../../../../render/page/supervisor/arrange.ts";
import type { Arrangement } from "../../../../render/page/supervisor/arrange.ts";
import { Store } from "../../../../render/page/supervisor/store.ts";

const row = (id: string, more: Partial<PageRow> = {}): PageRow => ({
  id,
  type: "standard_managed",
  groups: [],
  state: "running",
  pid: 1,
  restarts: 0,
  uptime_seconds: 10,
  cpu_percent: 1,
  memory_bytes: 100,
  process_count: 1,
  health: null,
  reason: null,
  degraded: null,
  ...more,
});

function storeOf(...rows: PageRow[]): Store {
  const store = new Store();
  store.takeWhole({ at_ms: 1_000_000, version: "1", host_name: "h", rows, events: [], peaks: {} });
  return store;
}

describe("the store of the page", () => {
  test("goes on by ticks: what is told anew, figures of all, and the order where it has changed", () => {
    const store = storeOf(row("a"), row("b"));
    store.takeTick({
      at_ms: 1_002_000,
      rows: [row("b", { state: "failed", pid: null, uptime_seconds: null })],
      cpu_percent: [7, null],
    });
    assert.deepEqual([store.row("a")?.cpu_percent, store.row("b")?.cpu_percent], [7, null]);
    assert.equal(store.uptimeSeconds(store.row("a")!), 12);
    assert.equal(store.uptimeSeconds(store.row("b")!), null);
    assert.equal(store.peaks("a").at(-1), 7);
    store.takeTick({ at_ms: 1_004_000, rows: [row("c")], order: ["c", "a"], cpu_percent: [2, 3] });
    assert.deepEqual(store.order, ["c", "a"]);
    assert.equal(store.row("b"), undefined);
    assert.deepEqual([store.row("c")?.cpu_percent, store.row("a")?.cpu_percent], [2, 3]);
  });

  test("is arranged by words, by state, and by a column with what is not known at the end", () => {
    const store = storeOf(
      row("web", { cpu_percent: 5, groups: ["front"] }),
      row("db", { cpu_percent: null, state: "failed", reason: "exit code 3" }),
      row("web-2", { cpu_percent: 9 }),
    );
    const plain: Arrangement = { wanted: "", state: null, sort: null, isDown: false };
    const shown = (change: Partial<Arrangement>) => arranged(store, { ...plain, ...change }).join(" ");
    assert.equal(shown({}), "web db web-2");
    assert.equal(shown({ wanted: "WEB" }), "web web-2");
    assert.equal(shown({ wanted: "@front" }), "web");
    assert.equal(shown({ wanted: "code 3 db" }), "db");
    assert.equal(shown({ state: "failed" }), "db");
    assert.equal(shown({ sort: "cpu", isDown: true }), "web-2 web db");
    assert.equal(shown({ sort: "cpu" }), "web web-2 db");
    assert.equal(shown({ sort: "id" }), "db web web-2");
    assert.equal(shown({ sort: "state" }), "db web web-2");
    assert.deepEqual(countedStates(store), [["failed", 1], ["running", 2]]);
  });
});
