/* proctor watch with every exporter at once: what each destination gets, and what the agent tells of them. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { healthMessageSchema } from "../../../core/schema/health_message.ts";
import { presenceMessageSchema } from "../../../core/schema/presence_message.ts";
import { readMessage } from "../../exporters/mqtt/support/messages.ts";
import { Mosquitto, noMosquitto, Subscriber } from "../../exporters/mqtt/support/mosquitto.ts";
import type { Arrived } from "../../exporters/mqtt/support/mosquitto.ts";
import { startFixture } from "../../support/live.ts";
import { withDirectory } from "../support/directory.ts";
import { start } from "../support/proctor.ts";
import { freePort } from "../../support/free_port.ts";

const ROOT = "m/plant/c/line/control/proplet";

test("proctor watch --config feeds a broker, a port and a file, and tells how it is itself", {
  skip: noMosquitto,
  timeout: 90_000,
}, async () => {
  await withDirectory(async (directory) => {
    const name = `agent-${process.pid % 10_000}`;
    await using service = await startFixture("odd_name", name);
    await using broker = await Mosquitto.start(directory);
    await using subscriber = await Subscriber.start(broker.port, "#");
    const port = await freePort();
    const nowhere = await freePort();
    const config = `${directory}/watch.yaml`;
    writeFileSync(
      config,
      [
        `mqtt: mqtt://127.0.0.1:${broker.port}`,
        "domain: plant",
        "channel: line",
        "instance: node-7",
        `prometheus: 127.0.0.1:${port}`,
        `prometheus_textfile: ${directory}/proctor.prom`,
        `otlp: http://127.0.0.1:${nowhere}`,
        "interval: 100ms",
        "health_interval: 200ms",
        `records: ${directory}/tasks.jsonl`,
        `targets: [{ name: ${name}, task_id: service, follow: one }]`,
        "",
      ].join("\n"),
    );
    const agent = start(["watch", "--config", config], { env: { PROCTOR_AGENT_ID: "line 7" } });
    const task = (topic: string) => topic === `${ROOT}/task_metrics`;
    await subscriber.until(
      (arrived) => arrived.filter(({ topic }) => task(topic)).length >= 3,
      "three messages",
    );
    const counts = (arrived: readonly Arrived[]) =>
      arrived.filter(({ topic }) => topic === `${ROOT}/metrics`)
        .map(({ payload }) => healthMessageSchema.parse(JSON.parse(payload.toString())));
    await subscriber.until(
      (arrived) =>
        counts(arrived).some(({ agent: { exporters } }) =>
          exporters.some(({ exporter, sent_count }) => exporter === "mqtt" && sent_count >= 3) &&
          exporters.some(({ exporter, failed_count }) => exporter === "otlp" && failed_count >= 1)
        ),
      "its own health",
    );
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(page, /^proctor_cpu_seconds_total\{task="service",agent="node-7"\} \d/m);
    await service.release();
    await subscriber.until(
      (arrived) =>
        arrived.some(({ topic, payload }) => task(topic) && readMessage(payload).state === "ended"),
      "the end of the task",
    );
    assert.ok(counts(subscriber.arrived).every(({ agent_id }) => agent_id === "line 7"));
    assert.match(page, /^proctor_agent_info\{agent="node-7",agent_id="line 7"\} 1$/m);
    agent.kill("SIGTERM");
    const { code, stderr } = await agent.ended;
    assert.equal(code, 0);
    assert.match(
      stderr,
      new RegExp(`otlp: http://127.0.0.1:${nowhere}/\\S*: connection refused; trying again`),
    );
    await subscriber.until(
      (arrived) => {
        const { topic, payload } = arrived.at(-1)!;
        return topic === `${ROOT}/alive/node-7` && JSON.parse(payload.toString()).status === "offline";
      },
      "farewell",
    );
    const last = subscriber.arrived.at(-1)!;
    const presence = presenceMessageSchema.strict().parse(JSON.parse(last.payload.toString()));
    assert.deepEqual([presence.status, presence.agent_id], ["offline", "line 7"]);
    const published = subscriber.arrived.filter(({ topic }) => task(topic)).map(({ payload }) =>
      readMessage(payload)
    );
    const written = readFileSync(`${directory}/tasks.jsonl`, "utf8").trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(published, written);
    assert.match(
      readFileSync(`${directory}/proctor.prom`, "utf8"),
      /^proctor_task_running\{task="service".* 0$/m,
    );
  });
});
