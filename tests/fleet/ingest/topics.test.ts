import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readTopic, subscriptionsOf, Topics } from "../../../fleet/ingest/topics.ts";
import { topicsOf } from "../../../exporters/mqtt/topics.ts";
import { exportSettingsSchema } from "../../../exporters/settings.ts";
import { anyText } from "../support/ingest.ts";

const unit = { domain: "d", channel: "c" };
const KEY = "d/c";

/** Whether a filter of MQTT fits a topic. */
function fits(filter: string, topic: string): boolean {
  const levels = topic.split("/");
  const wanted = filter.split("/");
  return levels.length === wanted.length &&
    wanted.every((level, at) => level === "+" || level === levels[at]);
}

describe("topics of the fleet", () => {
  const KINDS = {
    "control/proplet/task_metrics": "task",
    "metrics/proplet": "task",
    "control/proplet/metrics": "health",
    "control/proplet/alive": "presence",
    "control/proplet/create": "facts",
    "control/proplet/results": "end",
    "control/proplet/invoke_results": "invocation",
    "control/proplet/events": "event",
  };

  for (const [tail, kind] of Object.entries(KINDS)) {
    test(`${tail} is of kind ${kind}`, () => {
      assert.deepEqual(readTopic(`m/d/c/c/${tail}`), { unit: KEY, kind, agent: null });
    });
  }

  test("a level more is that of the agent, but for the other style", () => {
    assert.deepEqual(readTopic("m/d/c/c/control/proplet/task_metrics/host-1"), {
      unit: KEY,
      kind: "task",
      agent: "host-1",
    });
    assert.equal(readTopic("m/d/c/c/metrics/proplet/host-1"), null);
  });

  test("what is not ours is none", () => {
    const foreign = [
      "",
      "m",
      "m/d/c/c",
      "m//c/c/control/proplet/alive",
      "m/d/c//control/proplet/alive",
      "m/d/c/c/control/proplet/alive/",
      "m/d/c/c/control/proplet/alive/a/b",
      "m/d/c/c/control/manager/start",
      "m/d/x/c/control/proplet/alive",
      "m/d/c/c/constructor/proplet/alive",
      `m/${"d".repeat(257)}/c/c/control/proplet/alive`,
      "m/d\u0001/c/c/control/proplet/alive",
    ];
    for (const topic of foreign) assert.equal(readTopic(topic), null, JSON.stringify(topic));
  });

  test("no topic throws", () => {
    fc.assert(fc.property(anyText, (topic) => void readTopic(topic)));
    const levels = fc.constantFrom(
      "m",
      "c",
      "control",
      "proplet",
      "metrics",
      "alive",
      "",
      "__proto__",
      "+",
      "é",
    );
    fc.assert(fc.property(fc.array(levels), (parts) => void readTopic(parts.join("/"))));
  });

  test("what our exporters publish is understood, and subscribed to, in every style", () => {
    for (const style of ["go", "rust", "agent"] as const) {
      const settings = exportSettingsSchema.parse({ domain: "d", channel: "c", topic_style: style });
      const topics = topicsOf(settings, { propletId: "host/1", agentId: null });
      const all = [topics.task("t"), topics.health, topics.events, topics.alive, topics.presence];
      for (const topic of all.filter((topic) => topic !== undefined)) {
        const place = readTopic(topic);
        assert.equal(place?.unit, KEY, topic);
        if (style === "agent") assert.equal(place?.agent, "host_1");
        for (const wanted of [unit, null]) {
          assert.equal(subscriptionsOf(wanted).filter((filter) => fits(filter, topic)).length, 1, topic);
        }
      }
    }
  });

  test("the end of an invocation is not asked for: its task goes on", () => {
    assert.ok(!subscriptionsOf(unit).some((filter) => filter.includes("invoke")));
  });

  test("what is remembered of topics is bounded", () => {
    const topics = new Topics(10);
    for (let number = 0; number < 100; number++) {
      const agent = `a${number}`;
      assert.equal(topics.read(`m/d/c/c/control/proplet/alive/${agent}`)?.agent, agent);
      assert.equal(topics.read(`m/d/c/c/control/proplet/alive/${agent}`)?.agent, agent);
    }
    assert.equal(topics.read("other"), null);
  });
});
