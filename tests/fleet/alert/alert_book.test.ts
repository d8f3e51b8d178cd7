import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { PostOffice } from "../../supervisor/notifications/support/post_office.ts";
import { BookBench, T0 } from "../support/alerts_book.ts";

const HIGH = { alert: "high", of: "task", when: "cpu_percent > 90", summary: "{task_id} at {value}" };
const hook = (url: string, given: object = {}) => ({
  name: "hook",
  webhook: url,
  private: true,
  wait: "0s",
  ...given,
});
const told = (office: PostOffice) =>
  office.all.map(({ text }) => {
    const { status, is_repeated, alerts } = JSON.parse(text);
    const keys = alerts.map(({ key }: { key: string }) => key).sort();
    return `${is_repeated ? "still " : ""}${status} ${keys.join(" ")}`;
  });

describe("a book of alerts", { timeout: 60_000 }, () => {
  test("tells of what begins and ends, signed, once, and a restart does not change that", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(1);
    const parts = [[HIGH], [hook(office.url, { secret: "0123456789abcdef", interval: "0s" })]] as const;
    await bench.open(...parts);
    const key = `high/t${bench.tasks[0].id}`;
    bench.cpu[0] = 95;
    await bench.run(30);
    await bench.book.stop();
    await bench.open(...parts);
    await bench.run(30);
    await bench.book.stop();
    bench.cpu[0] = 5;
    await bench.open(...parts);
    await bench.run(30);
    assert.deepEqual(told(office), [`firing ${key}#1`, `resolved ${key}#2`]);
    const { text, headers } = office.all[0];
    const expected = createHmac("sha256", "0123456789abcdef").update(text).digest("hex");
    assert.equal(headers["x-proctor-signature"], `sha256=${expected}`);
    const [alert] = JSON.parse(text).alerts;
    assert.deepEqual(
      [alert.rule, alert.severity, alert.summary, alert.value, alert.fired_at, alert.labels.proplet_id],
      ["high", "warning", "t0 at 95.0%", 95, new Date(T0 + 10_000).toISOString(), "h0"],
    );
    assert.deepEqual(bench.store.logs.alerts.map(({ text }) => text), [
      "firing warning high: t0 at 95.0%",
      "resolved warning high: t0 at 95.0%",
    ]);
    await bench.book.stop();
  });

  test("sends nothing while another manager may lead by now", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(1);
    await bench.open([HIGH], [hook(office.url)]);
    let isOurs = false;
    await bench.book.lead(bench.store.asStore, () => isOurs);
    bench.cpu[0] = 95;
    await bench.run(30);
    assert.equal(bench.book.post.waiting.size, 1);
    assert.deepEqual(told(office), []);
    isOurs = true;
    await bench.run(10);
    assert.deepEqual(told(office), [`firing high/t${bench.tasks[0].id}#1`]);
    await bench.book.stop();
  });

  test("looks on while a destination does not answer, and ends without it", async () => {
    await using office = await PostOffice.open();
    office.statuses = [0];
    const bench = new BookBench(2);
    await bench.open([HIGH], [hook(office.url, { timeout: "10m" })], 10);
    const firing = async (task: number) => {
      const { id } = bench.tasks[task];
      bench.now += 10_000;
      bench.fleet.feed(bench.tasks[task], bench.now, { cpu_percent: 95 });
      while (
        !bench.book.alerts(null).some(({ subject, phase }) => subject === `t${id}` && phase === "firing")
      ) {
        await pause(5);
      }
    };
    bench.book.start();
    await firing(0);
    await office.first(1);
    await firing(1);
    assert.equal(office.all.length, 1);
    await bench.book.stop();
    assert.equal(bench.book.post.waiting.size, 1);
  });

  test("writes down what an evaluation has changed at once", async () => {
    const bench = new BookBench(50);
    await bench.open([HIGH]);
    bench.cpu.fill(95);
    await bench.run(10);
    assert.deepEqual([bench.store.logs.alerts.length, bench.store.logWrites], [50, 1]);
    await bench.book.stop();
  });

  test("tells what belongs together in one notice, in time, and again what still fires", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(6, (at) => ({ channel: at < 4 ? "a" : "b" }));
    const ids = bench.tasks.map(({ id }) => `high/t${id}#1`);
    await bench.open([HIGH], [hook(office.url, { wait: "20s", interval: "2m", repeat: "10m" })]);
    [bench.cpu[0], bench.cpu[4]] = [95, 95];
    await bench.run(10);
    bench.cpu[1] = 95;
    await bench.run(20);
    assert.deepEqual(told(office).sort(), [`firing ${ids[0]} ${ids[1]}`, `firing ${ids[4]}`].sort());
    office.all.length = 0;
    bench.cpu[2] = 95;
    await bench.run(110);
    assert.deepEqual(told(office), []);
    await bench.run(10);
    assert.deepEqual(told(office), [`firing ${ids[2]}`]);
    bench.cpu[4] = 0;
    bench.cpu[2] = 0;
    office.all.length = 0;
    const later = ids.map((id) => id.replace("#1", "#2"));
    await bench.run(730);
    assert.deepEqual(told(office), [
      `resolved ${later[4]}`,
      `resolved ${later[2]}`,
      `still firing ${ids[0]} ${ids[1]}`,
    ]);
    await bench.book.stop();
  });

  test("tells one digest of what a destination cannot bear one by one", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(5);
    const rule = { ...HIGH, group: ["proplet_id"] };
    await bench.open([rule], [hook(office.url, { most_per_hour: 2, interval: "0s" })]);
    bench.cpu.fill(95);
    await bench.run(10);
    assert.deepEqual(told(office), [
      `firing ${bench.tasks.map(({ id }) => `high/t${id}#1`).sort().join(" ")}`,
    ]);
    bench.cpu[0] = 0;
    await bench.run(10);
    bench.cpu[1] = 0;
    await bench.run(10);
    assert.equal(office.all.length, 2);
    await bench.run(3_600);
    assert.equal(told(office)[2], `resolved high/t${bench.tasks[1].id}#2`);
    await bench.book.stop();
  });

  test("tries again with patience, in order, and shows what nobody has taken", async () => {
    await using office = await PostOffice.open();
    office.statuses = [503, 503, 200, 400, 200];
    const bench = new BookBench(1);
    await bench.open([HIGH], [hook(office.url, { interval: "0s" })]);
    bench.cpu[0] = 95;
    await bench.run(10);
    bench.cpu[0] = 5;
    await bench.run(60);
    const key = `high/t${bench.tasks[0].id}`;
    // The end waits for the beginning, and is then refused for good.
    assert.deepEqual(told(office), [...Array(3).fill(`firing ${key}#1`), `resolved ${key}#2`]);
    const [dead] = bench.book.post.dead.values();
    assert.deepEqual([dead.fault, dead.notifier], ["status 400", "hook"]);
    assert.deepEqual(bench.said, [
      "alerts to hook: status 503; it is tried again",
      "alerts to hook: it is reached again",
      "alerts to hook: status 400; a notice is not delivered: resolved high: t0 at 95.0%",
    ]);
    await bench.book.stop();
    await bench.open([HIGH], [hook(office.url)]);
    assert.equal(bench.book.post.revive(dead.id), true);
    await bench.run(10);
    assert.equal(told(office).at(-1), `resolved ${key}#2`);
    assert.equal(bench.book.post.dead.size, 0);
    await bench.book.stop();
    assert.equal(
      [...bench.store.collections.get("alerts")!.keys()].filter((one) => /^(?:out|dead)/.test(one)).length,
      0,
    );
  });

  test("tells nothing that it could not store before", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(1);
    await bench.open([HIGH], [hook(office.url)]);
    bench.cpu[0] = 95;
    bench.store.fault = "the disk is full";
    await bench.run(30);
    assert.equal(office.all.length, 0);
    bench.store.fault = null;
    await bench.run(10);
    assert.deepEqual(told(office), [`firing high/t${bench.tasks[0].id}#1`]);
    assert.deepEqual(bench.said, [
      "the log of alerts cannot be written: the disk is full; it is tried again",
      "alerts cannot be written: the disk is full; it is tried again",
      "alerts: written again",
    ]);
    const key = `high/t${bench.tasks[0].id}`;
    const logged = bench.store.logs.alerts.map(({ text, detail }) => [text, (detail as { key: string }).key]);
    assert.deepEqual(logged, [["firing warning high: t0 at 95.0%", key]]);
    await bench.book.stop();
  });

  test("is silent where it is told to be, and speaks afterwards", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(3);
    await bench.open([HIGH], [hook(office.url, { interval: "0s" })]);
    await bench.book.quiet.addSilence({
      matchers: { proplet_id: "h0", rule: "hi*" },
      from: T0,
      until: T0 + 60_000,
      why: "moving",
      who: "ann",
    });
    await bench.book.quiet.addMaintenance({
      matchers: { proplet_id: ["h1", "h9"] },
      starts: "0 0 * * *",
      lasts: "2m",
      timezone: "UTC",
      why: "nightly",
      who: "ann",
    });
    bench.cpu.fill(95);
    await bench.run(50);
    const [a, b, c] = bench.tasks.map(({ id }) => `firing high/t${id}#1`);
    assert.deepEqual(told(office), [c]);
    const why = bench.book.alerts(null).map(({ labels, suppressed }) =>
      `${labels.proplet_id} ${suppressed?.why}`
    );
    assert.deepEqual(why.sort(), ["h0 moving", "h1 nightly", "h2 undefined"]);
    await bench.run(20);
    assert.deepEqual(told(office), [c, a]);
    await bench.run(60);
    assert.deepEqual(told(office), [c, a, b]);
    assert.match(bench.store.logs.audit[0].text, /^ann: saved silences [0-9a-f]{16}$/);
    await bench.book.stop();
  });

  test("tells an alert that somebody knows of no second time, until it comes back", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(1);
    await bench.open([HIGH], [hook(office.url, { repeat: "1m" })]);
    const key = `high/t${bench.tasks[0].id}`;
    bench.cpu[0] = 95;
    await bench.run(10);
    assert.equal(await bench.book.acknowledge(key, "ann", "on it"), true);
    assert.equal(await bench.book.acknowledge("high/t999", "ann", ""), false);
    await bench.run(300);
    assert.deepEqual(told(office), [`firing ${key}#1`]);
    assert.equal(bench.book.alerts(null)[0].acknowledged?.note, "on it");
    await bench.book.stop();
  });

  test("inhibits what is part of what is told already", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(2);
    const part = { ...HIGH, inhibited_by: ["whole"] };
    const whole = { alert: "whole", of: "host", when: "cpu_percent > 50", where: { proplet_id: "h1" } };
    for (const { agent } of bench.tasks) bench.fleet.addTask(agent as never, "", T0);
    await bench.open([part, whole], [hook(office.url)]);
    bench.cpu.fill(95);
    bench.fleet.feed(bench.tasks[1].agent.hostTask as never, T0 + 10_000, { cpu_percent: 99 });
    await bench.run(10);
    assert.deepEqual(told(office).sort(), [
      `firing high/t${bench.tasks[0].id}#1`,
      `firing whole/a${bench.tasks[1].agent.id}#1`,
    ]);
    await bench.book.stop();
  });

  test("shows nobody the alerts of units that are not theirs", async () => {
    const bench = new BookBench(2, (at) => ({ domain: `d${at}` }));
    const all = { alert: "all", of: "fleet", when: "count() > 0" };
    await bench.open([HIGH, all]);
    bench.cpu.fill(95);
    await bench.run(10);
    const seen = (units: readonly string[] | null) =>
      bench.book.alerts(units as never).map(({ units }) => units.join());
    assert.deepEqual(seen(["d1/c"]), ["d1/c"]);
    assert.deepEqual(seen([]), []);
    assert.equal(seen(null).length, 3);
    await bench.book.stop();
  });

  test("takes rules and destinations while it runs, but for what only its file may say", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(1);
    const { ruleSchema } = await import("../../../fleet/alert/rules/rule_schema.ts");
    const { notifierSchema } = await import("../../../fleet/alert/notify/notifier_schema.ts");
    await bench.open([HIGH], [hook(office.url, { interval: "0s" })]);
    bench.cpu[0] = 60;
    await bench.book.editor.saveRule(
      ruleSchema.parse({ ...HIGH, alert: "mine", when: "cpu_percent > 50" }),
      "ann",
    );
    await bench.run(10);
    assert.equal(await bench.book.editor.removeRule("mine", "ann"), true);
    await bench.run(20);
    const key = `mine/t${bench.tasks[0].id}`;
    assert.deepEqual(told(office), [`firing ${key}#1`, `resolved ${key}#2`]);
    const refused = (work: Promise<unknown>, words: RegExp) => assert.rejects(work, words);
    await refused(
      bench.book.editor.saveRule(ruleSchema.parse(HIGH), "ann"),
      /the rule "high" is of the manager's file/,
    );
    const far = { name: "far", webhook: "https://example.org/x" };
    await bench.book.editor.saveNotifier(notifierSchema.parse(far), "ann");
    await refused(
      bench.book.editor.saveNotifier(notifierSchema.parse({ ...far, private: true }), "ann"),
      /^ProctorError: private:/,
    );
    const run = notifierSchema.parse({ name: "run", command: ["true"] });
    await refused(
      bench.book.editor.saveNotifier(run, "ann"),
      /a program is named by the manager's file only/,
    );
    assert.doesNotMatch(JSON.stringify(bench.store.logs.audit), /example\.org/);
    await bench.book.stop();
  });

  test("runs a program for it, which is given the notice", async () => {
    const bench = new BookBench(1);
    const program =
      'read -r line; case $line in *\'"status":"firing"\'*) exit 0;; *) echo no >&2; exit 3;; esac';
    await bench.open([HIGH], [{ name: "run", command: ["sh", "-c", program], wait: "0s", interval: "0s" }]);
    bench.cpu[0] = 95;
    await bench.run(10);
    assert.deepEqual(bench.said, []);
    bench.cpu[0] = 5;
    await bench.run(10);
    assert.deepEqual(bench.said, ["alerts to run: it ended with 3: no; it is tried again"]);
    await bench.book.stop();
  });

  test("reaches no private address, unless it may", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(1);
    await bench.open([HIGH], [hook(office.url, { private: false })]);
    bench.cpu[0] = 95;
    await bench.run(10);
    assert.equal(office.all.length, 0);
    assert.match(bench.said[0], /its address is not one of the internet/);
    await bench.book.stop();
  });
});
