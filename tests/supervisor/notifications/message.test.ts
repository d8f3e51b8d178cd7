import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { requestOf } from "../../../exporters/notices/http_request.ts";
import { toMessage } from "../../../supervisor/notifications/message.ts";
import { isWanted } from "../../../supervisor/notifications/wanted.ts";
import { event, rule, transition } from "./support/events.ts";

describe("a message", () => {
  test("of one event is that event, and where it happened", () => {
    const { title, lines, level } = toMessage([transition(1, "running", "failed")], 0, "h1");
    assert.equal(title, "web: running → failed (on h1)");
    assert.deepEqual(lines, ["2026-01-31T12:00:00.000Z  web: running → failed"]);
    assert.equal(level, "error");
  });

  test("of many names the one that matters most, and bounds what it tells one by one", () => {
    const many = Array.from({ length: 70 }, (_, index) => event(index + 1));
    const { title, lines, level } = toMessage([...many, transition(71, "running", "failed", "db")], 3, "h1");
    assert.equal(title, "71 events on h1, such as db: running → failed");
    assert.equal(level, "error");
    assert.equal(lines.length, 52);
    assert.deepEqual(lines.slice(0, 2), ["3 earlier events were dropped", "21 more before these"]);
    assert.match(lines.at(-1)!, /db: running → failed$/);
  });

  test("steers no terminal, and is bounded", () => {
    const { title, lines } = toMessage([event(1, { reason: `\x1b[2J\r\n${"x".repeat(5_000)}` })], 0, "h1");
    assert.match(lines[0], /\\x1b\[2J\\x0d\\x0ax+$/);
    assert.ok(title.length <= 300 && lines[0].length <= 330);
    assert.doesNotMatch(title, /[\r\n]/);
  });
});

describe("what is posted", () => {
  const message = toMessage([event(1, { reason: "<b> & [x](y)" })], 0, "h1");

  test("to ntfy names the topic in the body, whose text needs no header", async () => {
    const { url, body, headers } = await requestOf(
      rule({ ntfy: "https://n.example/deep/my-topic", token: "t0ken" }),
      message,
    );
    assert.equal(url, "https://n.example/deep/");
    assert.equal(headers.authorization, "Bearer t0ken");
    const { topic, title, priority } = JSON.parse(body);
    assert.deepEqual([topic, title, priority], ["my-topic", message.title, 3]);
  });

  test("to Slack is not markup of its own", async () => {
    const { body } = await requestOf(rule({ slack: "https://s.example/x" }), message);
    assert.match(JSON.parse(body).text, /&lt;b&gt; &amp; \[x\]\(y\)/);
  });

  test("is no longer than is taken there: the latest is told, and how much is not", async () => {
    const reason = `a "quoted" \\path & ${"ü".repeat(150)}`;
    const many = Array.from({ length: 60 }, (_, index) => event(index + 1, { reason, id: `web:${index}` }));
    const long = toMessage(many, 0, "h1");
    const ntfy = JSON.parse((await requestOf(rule({ ntfy: "https://n.example/t" }), long)).body);
    assert.ok(Buffer.byteLength(ntfy.message) <= 4_096, `${Buffer.byteLength(ntfy.message)}`);
    assert.match(ntfy.message, /^\d+ lines before these left out\n[^]*web:59[^]*$/);
    for (
      const [slack, most] of [
        ["https://s.example/x", 5_000],
        ["https://discord.com/api/webhooks/1/x/slack", 2_000],
      ] as const
    ) {
      const { text } = JSON.parse((await requestOf(rule({ slack }), long)).body);
      assert.ok(text.length <= most, `${text.length}`);
      assert.match(text, /^\*.*\*\n\d+ lines before these left out\n[^]*web:59[^]*$/);
      assert.ok(text.split("\n").length > (most - 500) / 300, text);
    }
  });

  test("has the headers that were asked for, which sign nothing", async () => {
    const given = rule({ webhook: "https://w.example/", headers: { "X-Team": "ops" } });
    const { headers } = await requestOf(given, message);
    assert.equal(headers["X-Team"], "ops");
    assert.equal(headers["x-proctor-signature"], undefined);
  });
});

describe("a destination wants", () => {
  const wants = (given: object, ...args: Parameters<typeof event>) =>
    isWanted(rule({ webhook: "http://x/", ...given }), event(...args));

  test("by default failures, and no ordinary start or end", () => {
    assert.ok(wants({}, 1));
    assert.ok(wants({}, 1, { kind: "transition", to: "failed" }));
    assert.ok(wants({}, 1, { kind: "transition", to: "backoff" }));
    assert.ok(!wants({}, 1, { kind: "transition", to: "running" }));
    assert.ok(!wants({}, 1, { kind: "reloaded" }));
  });

  test("what it names", () => {
    const given = { kinds: ["transition"], states: ["stopped"], processes: ["web:*", "db"] };
    const stopped = { kind: "transition", to: "stopped" } as const;
    assert.ok(wants(given, 1, { ...stopped, id: "web:3" }));
    assert.ok(wants(given, 1, { ...stopped, id: "db" }));
    assert.ok(wants({ ...given, processes: ["web"] }, 1, { ...stopped, id: "web:3" }), "all instances");
    assert.ok(!wants(given, 1, { ...stopped, id: "db2" }));
    assert.ok(!wants(given, 1, { ...stopped, id: null }));
    assert.ok(!wants(given, 1, { ...stopped, to: "failed", id: "db" }));
    assert.ok(!wants(given, 1, { kind: "health", id: "db" }));
  });
});
