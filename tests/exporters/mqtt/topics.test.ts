/* Where messages lie, by style and template. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProctorError } from "../../../core/error.ts";
import { topicsOf } from "../../../exporters/mqtt/topics.ts";
import type { Topics } from "../../../exporters/mqtt/topics.ts";
import { checkedSettings } from "../../../exporters/open.ts";
import type { ExportInput } from "../../../exporters/settings.ts";

const ROOT = "m/d/c/c/control/proplet";

function topics(input: ExportInput, agentId: string | null = "unit 7"): Topics {
  return topicsOf(checkedSettings({ domain: "d", channel: "c", ...input }), { propletId: "node-1", agentId });
}

function all({ task, health, events, alive, presence }: Topics): (string | undefined)[] {
  return [task("t"), health, events, alive, presence];
}

/** Topics by settings alone, without a domain and channel of this file. */
function bare(input: ExportInput): Topics {
  return topicsOf(checkedSettings(input), { propletId: "node-1", agentId: null });
}

describe("topics", () => {
  test("need no names, or one prefix", () => {
    assert.equal(bare({}).task("t"), "m/proctor/c/default/control/proplet/task_metrics");
    assert.equal(bare({ mqtt_topic_prefix: "d/c" }).task("t"), `${ROOT}/task_metrics`);
    assert.equal(bare({ mqtt_topic_prefix: "d" }).health, "m/d/c/default/control/proplet/metrics");
    assert.equal(bare({ topic: "x/{proplet_id}" }).health, undefined);
    assert.equal(bare({ topic: "x/{domain_id}", mqtt_topic_prefix: "d/c" }).task("t"), "x/d");
    for (const prefix of ["", "/", "a/", "/b", "a/b/c", "+", "a/#"]) {
      assert.throws(() => bare({ mqtt_topic_prefix: prefix }), ProctorError, prefix);
    }
  });

  test("of each style", () => {
    const own = `${ROOT}/alive/node-1`;
    const shared = [`${ROOT}/metrics`, `${ROOT}/events`, `${ROOT}/alive`, own];
    assert.deepEqual(all(topics({})), [`${ROOT}/task_metrics`, ...shared]);
    assert.deepEqual(all(topics({ topic_style: "rust" })), ["m/d/c/c/metrics/proplet", ...shared]);
    assert.deepEqual(all(topics({ topic_style: "agent" })), [
      `${ROOT}/task_metrics/node-1`,
      `${ROOT}/metrics/node-1`,
      `${ROOT}/events/node-1`,
      undefined,
      own,
    ]);
  });

  test("that are bound to an agent have its name as one level, whatever it is, and no other's", () => {
    const settings = checkedSettings({ domain: "d", channel: "c", topic_style: "agent" });
    fc.assert(fc.property(fc.string({ minLength: 1, unit: "binary" }), fc.string(), (name, task) => {
      const found = topicsOf(settings, { propletId: name, agentId: null });
      for (const topic of [found.task(task), found.health!, found.events!, found.presence!]) {
        const levels = topic.split("/");
        assert.equal(levels.length, 8, topic);
        assert.equal(levels.slice(0, 6).join("/"), ROOT);
        assert.ok(!/[+#\0]/.test(topic), topic);
        if (/^[\w.-]+$/.test(name)) assert.equal(levels[7], name);
      }
    }));
  });

  test("of a template have which agent it is, or are refused where nothing tells", () => {
    const input = { topic: "x/{agent_id}/{proplet_id}" };
    assert.equal(topics(input).task("t"), "x/unit 7/node-1");
    assert.throws(
      () => topics(input, null),
      (error) =>
        error instanceof ProctorError && error.kind === "usage" &&
        error.message === "agent_id: the topic has {agent_id}, and it is unknown here; add agent_id",
    );
  });
});
