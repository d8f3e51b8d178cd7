/* Managers of one store whose files have other rules. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { AlertBook } from "../../../fleet/alert/alert_book.ts";
import { notifierSchema } from "../../../fleet/alert/notify/notifier_schema.ts";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import type { Store } from "../../../fleet/store/contract.ts";
import { openShared } from "../../../fleet/store/postgres/open.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { PostOffice } from "../../supervisor/notifications/support/post_office.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { T0 } from "../support/alerts_book.ts";
import { TestFleet } from "../support/alerts_fleet.ts";

const [MINUTE, DAY] = [60_000, 86_400_000];
const HIGH = { alert: "high", of: "task", when: "cpu_percent > 90" };
const BUSY = { alert: "busy", of: "task", when: "cpu_percent > 50" };

let starting: Promise<PostgresServer> | undefined;
after(async () => await (await starting)?.[Symbol.asyncDispose]());

/** Stores that several books are opened on, and how each is made. */
const STORES: readonly (readonly [string, string | false, () => Promise<Store & AsyncDisposable>])[] = [
  ["a directory", false, async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-rules-"));
    const store = await openDirectory(directory);
    return Object.assign(store, {
      async [Symbol.asyncDispose]() {
        await store.close();
        rmSync(directory, { recursive: true, force: true });
      },
    });
  }],
  ["PostgreSQL", noPostgres, async () => {
    const server = await (starting ??= PostgresServer.start());
    const { store, shares } = await openShared(server.url(await server.newDatabase()), () => {});
    return Object.assign(store, {
      async [Symbol.asyncDispose]() {
        await shares.leave();
        await store.close();
      },
    });
  }],
];

/** Managers over one task, which knows no clock but ours. */
class Managers {
  readonly fleet = new TestFleet();
  readonly task = this.fleet.addTask(this.fleet.addAgent("h", T0), "t", T0);
  readonly said = new Map<string, string[]>();
  now = T0;
  cpu = 95;

  constructor(readonly store: Store) {}

  async open(
    origin: string,
    rules: readonly object[],
    notifiers: readonly object[] = [],
  ): Promise<AlertBook> {
    const said: string[] = [];
    this.said.set(origin, said);
    return await AlertBook.open({
      view: this.fleet,
      store: this.store,
      rules: rules.map((rule) => ruleSchema.parse(rule)),
      notifiers: notifiers.map((notifier) => notifierSchema.parse(notifier)),
      now: () => this.now,
      say: (line) => said.push(line),
      everyMs: DAY,
      isShared: true,
      origin,
    });
  }

  /** Have one of them evaluate a few times. */
  async lead(book: AlertBook): Promise<void> {
    await book.lead(this.store, () => true);
    for (let step = 0; step < 3; step++) {
      this.now += 10_000;
      this.fleet.feed(this.task, this.now, { cpu_percent: this.cpu });
      await book.tick();
    }
    await book.rest();
  }
}

const phases = (book: AlertBook) =>
  Object.fromEntries(
    book.alerts(null).map(({ rule, phase, transition }) => [rule, `${phase} ${transition}`] as const),
  );
const conditions = (book: AlertBook) =>
  Object.fromEntries(book.rules().map(({ rule, origin }) => [rule.alert, `${rule.when} ${origin}`]));

for (const [name, isMissing, openStore] of STORES) {
  describe(`files of managers that differ, in ${name}`, () => {
    test("end no alert of each other's rules, and are told of in a line", {
      skip: isMissing,
      timeout: 120_000,
    }, async () => {
      await using store = await openStore();
      const managers = new Managers(store);
      const [a, b] = [await managers.open("a:/a.yaml", [HIGH]), await managers.open("b:/b.yaml", [BUSY])];
      await managers.lead(a);
      assert.deepEqual(phases(a), { high: "firing 1", busy: "firing 1" });
      await managers.lead(b);
      await a.refresh();
      for (const book of [a, b]) assert.deepEqual(phases(book), { high: "firing 1", busy: "firing 1" });
      assert.equal(
        b.rules().find(({ rule }) => rule.alert === "high")!.note,
        "it is of the file a:/a.yaml, of another manager",
      );
      const rest =
        "; rules of all of them hold, the newest of a name, and notices go to the destinations of " +
        "the manager that evaluates; give all the same file";
      assert.deepEqual(managers.said.get("b:/b.yaml"), [
        `alerts: the files of managers differ: high only in a:/a.yaml; busy not in a:/a.yaml${rest}`,
      ]);
      assert.equal(managers.said.get("a:/a.yaml")!.length, 1);
      assert.match(a.difference!, /^the files of managers differ: busy only in b:\/b\.yaml; high not in b/);
      await assert.rejects(
        b.editor.saveRule(ruleSchema.parse(HIGH), "ann"),
        /the rule "high" is of the file a:\/a\.yaml; change it there/,
      );
      managers.cpu = 5;
      await managers.lead(b);
      assert.deepEqual(phases(b), { high: "resolved 2", busy: "resolved 2" });
    });

    test("of two rules of a name the newer holds at all of them, which a start does not make newer", {
      skip: isMissing,
      timeout: 120_000,
    }, async () => {
      await using store = await openStore();
      const managers = new Managers(store);
      const old = await managers.open("a:/f", [HIGH]);
      managers.now += MINUTE;
      const next = await managers.open("b:/f", [{ ...HIGH, when: "cpu_percent > 80" }]);
      await old.refresh();
      assert.deepEqual(conditions(old), { high: "cpu_percent > 80 b:/f" });
      assert.deepEqual(conditions(next), { high: "cpu_percent > 80 null" });
      managers.now += MINUTE;
      await old.leave();
      const again = await managers.open("a:/f", [HIGH]);
      assert.deepEqual(conditions(again), { high: "cpu_percent > 80 b:/f" });
      managers.now += MINUTE;
      await again.leave();
      const equal = await managers.open("a:/f", [{ ...HIGH, when: "cpu_percent > 80" }]);
      await next.refresh();
      assert.deepEqual([equal.difference, next.difference], [null, null]);
      assert.equal(managers.said.get("b:/f")!.at(-1), "alerts: the files of all managers are the same again");
    });

    test("a rule that was taken out of a file is gone as the file is read again", {
      skip: isMissing,
      timeout: 120_000,
    }, async () => {
      await using store = await openStore();
      const managers = new Managers(store);
      const [a, b] = [await managers.open("a:/f", [HIGH, BUSY]), await managers.open("b:/f", [HIGH])];
      await managers.lead(b);
      assert.deepEqual(phases(b), { high: "firing 1", busy: "firing 1" });
      await a.leave();
      managers.now += MINUTE;
      await managers.open("a:/f", [HIGH]);
      await managers.lead(b);
      assert.deepEqual(phases(b), { high: "firing 1", busy: "resolved 2" });
    });

    test("rules hold ten minutes after their manager has ended, a day after it was heard last", {
      skip: isMissing,
      timeout: 120_000,
    }, async () => {
      await using store = await openStore();
      const managers = new Managers(store);
      const ended = await managers.open("a:/f", [HIGH]);
      await managers.open("killed:/f", [BUSY]);
      const left = await managers.open("b:/f", []);
      await ended.leave();
      // What is still under way as it ends tells of it once more.
      await ended.refresh();
      const at = async (ms: number) => {
        managers.now = T0 + ms;
        await left.refresh();
        return Object.keys(conditions(left)).sort();
      };
      assert.deepEqual(await at(10 * MINUTE), ["busy", "high"]);
      assert.deepEqual(await at(10 * MINUTE + 1), ["busy"]);
      assert.deepEqual(await at(DAY), ["busy"]);
      assert.deepEqual(await at(DAY + 1), []);
      assert.equal(left.difference, null);
    });

    test("what goes to a destination that the one that evaluates does not know goes to all", {
      skip: isMissing,
      timeout: 120_000,
    }, async () => {
      await using store = await openStore();
      await using office = await PostOffice.open();
      const managers = new Managers(store);
      const hook = (name: string) => ({ name, webhook: office.url, private: true, wait: "0s" });
      await managers.open("a:/f", [{ ...HIGH, notify: ["here"] }], [hook("here")]);
      const b = await managers.open("b:/f", [], [hook("there"), hook("elsewhere")]);
      await managers.lead(b);
      assert.deepEqual(
        office.all.map(({ text }) => JSON.parse(text).alerts.map(({ rule }: { rule: string }) => rule)),
        [["high"], ["high"]],
      );
      assert.match(b.difference!, /other destinations in a:\/f; /);
    });
  });
}
