import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toPostable } from "../../../../fleet/alert/notify/alertmanager.ts";
import type { AlertState } from "../../../../fleet/alert/evaluate/alert_state.ts";
import { AlertmanagerServer, noAlertmanager } from "../../../support/alertmanager_server.ts";
import { PostOffice } from "../../../supervisor/notifications/support/post_office.ts";
import { BookBench } from "../../support/alerts_book.ts";

const HIGH = { alert: "high", of: "task", when: "cpu_percent > 90", severity: "critical" };
const manager = (url: string, given: object = {}) => ({
  name: "am",
  alertmanager: url,
  private: true,
  ...given,
});

describe("an Alertmanager", { timeout: 120_000 }, () => {
  test("is told of what fires again and again, well before it would believe in its end", async () => {
    await using office = await PostOffice.open();
    const bench = new BookBench(1);
    await bench.open([HIGH], [manager(`${office.url}/am/`, { resend: "1m" })]);
    bench.cpu[0] = 99;
    await bench.run(190);
    assert.equal(office.all.length, 4);
    for (const { path, text } of office.all) {
      assert.equal(path, "/am/api/v2/alerts");
      assert.equal(Date.parse(JSON.parse(text)[0].startsAt), bench.now - 180_000);
    }
    const ends = office.all.map(({ text }) => Date.parse(JSON.parse(text)[0].endsAt));
    assert.deepEqual(ends.map((end) => end - ends[0]), [0, 60_000, 120_000, 180_000]);
    assert.equal(ends[0], bench.now - 180_000 + 4 * 60_000);
    await bench.book.stop();
  });

  test("takes labels by its own rules", () => {
    const labels = { "app.kubernetes.io/name": "web", "1st": "x", "host": "h" };
    const state = {
      rule: "r",
      severity: "info",
      labels,
      summary: "s",
      firedAt: 1,
      phase: "firing",
      subject: "t1",
    };
    assert.deepEqual(toPostable(state as unknown as AlertState, 10, 60_000, () => null), {
      labels: {
        app_kubernetes_io_name: "web",
        _1st: "x",
        host: "h",
        alertname: "r",
        severity: "info",
        subject: "t1",
      },
      annotations: { summary: "s" },
      startsAt: "1970-01-01T00:00:00.001Z",
      endsAt: "1970-01-01T00:04:00.010Z",
    });
  });

  test("believes it: a real one", { skip: noAlertmanager }, async () => {
    await AlertmanagerServer.with(async (server) => {
      const bench = new BookBench(700);
      // It lives in our time.
      bench.now = Date.now() - 30_000;
      await bench.open([HIGH], [manager(`http://127.0.0.1:${server.port}`)]);
      bench.cpu.fill(99);
      await bench.run(10);
      assert.deepEqual(bench.said, []);
      const fired = await server.alerts();
      assert.equal(fired.length, 700);
      const one = fired.find(({ labels }) => labels.task_id === "t3")!;
      assert.deepEqual([one.labels.alertname, one.labels.severity, one.labels.domain], [
        "high",
        "critical",
        "d",
      ]);
      assert.match(one.annotations.summary, /^t3 on h3: 99\.0%$/);
      assert.ok(Date.parse(one.endsAt) - bench.now >= 3 * 60_000);
      bench.cpu.fill(1, 0, 699);
      await bench.run(10);
      const left = await server.alerts();
      assert.deepEqual(left.map(({ labels }) => labels.task_id), ["t699"]);
      await bench.book.stop();
    });
  });

  test("that is away is said to be once", async () => {
    const bench = new BookBench(1);
    await bench.open([HIGH], [manager("http://127.0.0.1:9", { timeout: "5s" })]);
    bench.cpu[0] = 99;
    await bench.run(30);
    assert.equal(bench.said.length, 1);
    assert.match(bench.said[0], /^alerts to am: .*; it is tried again$/);
    await bench.book.stop();
  });
});
