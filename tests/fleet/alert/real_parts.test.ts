/* A book over the real state and the real store: what messages tell, whoever manages. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AlertBook } from "../../../fleet/alert/alert_book.ts";
import { notifierSchema } from "../../../fleet/alert/notify/notifier_schema.ts";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import { lookForAbsent } from "../../../fleet/state/absence.ts";
import { FleetState } from "../../../fleet/state/fleet_state.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { PostOffice } from "../../supervisor/notifications/support/post_office.ts";
import { NOON, presence, sample, sender, UNIT } from "../support/arrivals.ts";

const RULES = [
  {
    alert: "gone",
    of: "host",
    when: "absent",
    for: "60s",
    severity: "critical",
    summary: "{proplet_id} is gone",
  },
  {
    alert: "grows",
    of: "task",
    when: "increase(io_write_bytes, 5m) > 4K",
    summary: "{task_id} wrote {value}",
  },
];

test("hosts that fall silent and tasks that write are told by messages, and by the next manager", {
  timeout: 60_000,
}, async () => {
  await using office = await PostOffice.open();
  const directory = mkdtempSync(join(tmpdir(), "fleet-alerts-"));
  let number = 1;
  const state = new FleetState({ agent: () => number++, task: () => number++ }, () => NOON);
  state.listenTo(null, NOON);
  let seconds = 0;
  const open = async () => {
    const store = await openDirectory(directory);
    const notifier = { name: "hook", webhook: office.url, private: true, wait: "0s", interval: "0s" };
    const book = await AlertBook.open({
      view: state,
      store,
      rules: RULES.map((rule) => ruleSchema.parse(rule)),
      notifiers: [notifierSchema.parse(notifier)],
      now: () => NOON + seconds * 1_000,
      say: (line) => assert.fail(line),
    });
    return { book, close: async () => (await book.stop(), await store.close()) };
  };
  const told = () =>
    office.all.flatMap(({ text }) => JSON.parse(text).alerts).map((alert) =>
      `${alert.status} ${alert.summary}`
    );
  const run = async (book: AlertBook, until: number, hosts: readonly string[]) => {
    for (; seconds < until; seconds += 10) {
      for (const host of hosts) {
        const named = { cpu_percent: 5, io_write_bytes: host === "web-1" ? 200 * seconds : 0 };
        state.apply(sample(seconds, named, { sender: sender(host) }), NOON + seconds * 1_000);
      }
      lookForAbsent(state, NOON + seconds * 1_000);
      await book.tick();
    }
  };
  try {
    const all = ["web-1", "web-2", "web-3"];
    for (const host of all) state.apply(presence(0, "online", { sender: sender(host) }), NOON);
    const first = await open();
    await run(first.book, 100, all);
    await run(first.book, 200, ["web-1", "web-3"]);
    await first.close();
    // 6,000 bytes after half a minute at 200 a second; and a minute after its last word.
    assert.deepEqual(told(), ["firing job wrote 5.86 KiB", "firing web-2 is gone"]);
    const second = await open();
    state.listenTo(null, NOON + seconds * 1_000);
    await run(second.book, 260, ["web-1", "web-3"]);
    assert.equal(told().length, 2, "it is not told again");
    assert.deepEqual(second.book.alerts([UNIT]).map(({ rule, phase }) => `${rule} ${phase}`), [
      "gone firing",
      "grows firing",
    ]);
    await run(second.book, 300, all);
    await second.close();
    assert.deepEqual(told().slice(2), ["resolved web-2 is gone"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
