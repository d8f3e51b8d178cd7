/*
 * proctor supervise with exporters: what a broker, a file and a port get of its processes and of what becomes of
 * them.
 */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { healthMessageSchema } from "../../../core/schema/health_message.ts";
import { supervisorEventSchema } from "../../../supervisor/control.ts";
import type { SupervisorEvent } from "../../../supervisor/control.ts";
import { readMessage } from "../../exporters/mqtt/support/messages.ts";
import { Mosquitto, noMosquitto, Subscriber } from "../../exporters/mqtt/support/mosquitto.ts";
import type { Arrived } from "../../exporters/mqtt/support/mosquitto.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor } from "../support/proctor.ts";
import { shellProcess, withSupervised } from "../support/supervise.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free_port.ts";

const LIMIT = { timeout: 90_000 };
const TOPIC = "m/plant/c/line/control/proplet";
const PROFILE = { monitoring_profile: { interval: "50ms" } };

const on = (arrived: readonly Arrived[], topic: string) =>
  arrived.filter((one) => one.topic === `${TOPIC}/${topic}`).map(({ payload }) => payload);
const events = (arrived: readonly Arrived[]): SupervisorEvent[] =>
  on(arrived, "events").map((payload) => {
    const { proplet_id, agent_id, ...event } = JSON.parse(payload.toString());
    assert.deepEqual([proplet_id, agent_id], ["node-7", "agent-7"]);
    return supervisorEventSchema.parse(event);
  });
const messages = (arrived: readonly Arrived[]) => on(arrived, "task_metrics").map(readMessage);

describe("a supervisor with exporters", () => {
  test("publishes messages, events and its own health, and the last of them at the end", {
    skip: noMosquitto,
    ...LIMIT,
  }, () =>
    withSupervised(async (one) => {
      await using broker = await Mosquitto.start(one.directory);
      await using subscriber = await Subscriber.start(broker.port, "#");
      one.configure([
        shellProcess("steady", "exec sleep 300", PROFILE),
        shellProcess("private", "exec sleep 300", {
          monitoring_profile: { interval: "50ms", export_to_mqtt: false },
        }),
        shellProcess("brief", "exit 3", {
          ...PROFILE,
          management: {
            control: { executable: "/bin/sh", arguments: ["-c", "exit 3"], restart_policy: "never" },
          },
        }),
      ], {
        mqtt: `mqtt://127.0.0.1:${broker.port}`,
        domain: "plant",
        channel: "line",
        prometheus_textfile: "proctor.prom",
        health_interval: "200ms",
        agent_id: "agent-7",
      });
      await one.start(["--proplet-id", "node-7"]);
      const { pid } = await one.until("steady", ({ state }) => state === "running");
      await subscriber.until(
        (arrived) =>
          messages(arrived).filter(({ task_id, state }) => task_id === "steady" && state === "running")
              .length >= 3 && events(arrived).some(({ id, to }) => id === "brief" && to === "failed"),
        "messages and events",
      );
      const health = (arrived: readonly Arrived[]) =>
        on(arrived, "metrics").map((payload) => healthMessageSchema.parse(JSON.parse(payload.toString())));
      await subscriber.until(
        (arrived) => health(arrived).some(({ agent }) => agent.task_count === 2),
        "its health",
      );
      const [told] = health(subscriber.arrived);
      assert.deepEqual([told.proplet_id, told.agent_id], ["node-7", "agent-7"]);
      assert.equal(told.agent.pid, one.running.pid);
      assert.deepEqual(told.agent.exporters.map(({ exporter }) => exporter).toSorted(), [
        "mqtt",
        "prometheus_textfile",
      ]);
      // The file is seen from that of the configuration.
      const page = () => {
        const path = `${one.directory}/proctor.prom`;
        return existsSync(path) ? readFileSync(path, "utf8") : "";
      };
      while (!page().includes('task="steady"')) await new Promise((resolve) => setTimeout(resolve, 50));
      assert.match(page(), /^proctor_task_running\{task="steady",agent="node-7".*\} 1$/m);
      assert.equal((await one.end()).code, 0);
      await subscriber.until(
        (arrived) =>
          on(arrived, "alive").some((payload) => JSON.parse(payload.toString()).status === "offline"),
        "the farewell",
      );
      const all = events(subscriber.arrived);
      assert.deepEqual(all.map(({ sequence }) => sequence), all.map((_, index) => index + 1));
      assert.equal(all[0].kind, "supervisor_started");
      const steady = all.filter(({ id, kind }) => id === "steady" && kind === "transition");
      assert.deepEqual(steady.map(({ to }) => to), ["starting", "running", "stopping", "stopped"]);
      assert.equal(steady[1].pid, pid);
      const last = messages(subscriber.arrived).filter(({ task_id }) => task_id === "steady").at(-1)!;
      assert.notEqual(last.state, "running");
      assert.equal(last.proplet_id, "node-7");
      assert.ok(messages(subscriber.arrived).every(({ task_id }) => task_id !== "private"));
      assert.match(page(), /^proctor_task_running\{task="steady",agent="node-7".*\} 0$/m);
    }));

  test(
    "opens others when its configuration says so; those that cannot be had change nothing",
    LIMIT,
    () =>
      withSupervised(async (one) => {
        const [first, second] = [await freePort(), await freePort()];
        const page = async (port: number) =>
          await (await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null))?.text() ?? "";
        const processes = [shellProcess("steady", "exec sleep 300", PROFILE)];
        one.configure(processes, { prometheus: `127.0.0.1:${first}` });
        await one.start();
        while (!(await page(first)).includes('task="steady"')) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        const { pid } = await one.until("steady", ({ state }) => state === "running");
        one.configure(processes, { prometheus: `127.0.0.1:${second}` });
        assert.equal((await one.ctl("reload")).code, 0);
        while (!(await page(second)).includes('task="steady"')) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.equal(await page(first), "");
        // With it, nothing else of that configuration comes into force.
        one.configure([...processes, shellProcess("more", "exec sleep 300", PROFILE)], {
          mqtt: "mqtts://127.0.0.1:1",
          mqtt_ca: "none.pem",
          domain: "d",
          channel: "c",
        });
        const refused = await one.ctl("reload");
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /^proctor: mqtt_ca: .*none\.pem.*\n$/);
        await eventually(() => /error reload failed: mqtt_ca: .*none\.pem/.test(one.running.stderr));
        assert.deepEqual(JSON.parse((await one.ctl("status", "--json")).stdout.toString()).length, 1);
        while (!(await page(second)).includes('task="steady"')) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.equal((await one.status("steady")).pid, pid);
        assert.equal((await one.end()).code, 0);
      }),
  );

  test("ends within a bound when the broker hangs, and says what was not delivered", {
    skip: noMosquitto,
    ...LIMIT,
  }, () =>
    withSupervised(async (one) => {
      await using broker = await Mosquitto.start(one.directory);
      await using subscriber = await Subscriber.start(broker.port, "#");
      one.configure([shellProcess("steady", "exec sleep 300", PROFILE)]);
      const url = `mqtt://127.0.0.1:${broker.port}`;
      await one.start(["--mqtt", url, "--domain", "plant", "--channel", "line"]);
      await subscriber.until((arrived) => messages(arrived).length > 0, "a message");
      const { pid } = await one.until("steady", ({ state }) => state === "running");
      broker.signal("SIGSTOP");
      const started = performance.now();
      const { code, stderr } = await one.end();
      broker.signal("SIGCONT");
      assert.equal(code, 0);
      assert.ok(performance.now() - started < 40_000);
      assert.match(stderr, /stopping → stopped.*\n(.*\n)*.*\d+ messages were not delivered\n$/);
      assert.equal(existsSync(`/proc/${pid}`), false);
    }));

  test(
    "says what is wrong with them before anything is started",
    LIMIT,
    () =>
      withDirectory(async (directory) => {
        chmodSync(directory, 0o755); // A supervisor keeps no state where others may write.
        const config = `${directory}/proctor.yaml`;
        const check = async (manager: object, ...flags: string[]) => {
          writeFileSync(config, stringify({ process_manager: manager, managed_processes: [] }));
          const words = ["supervise", "--config", config, ...flags];
          const { code, stdout, stderr } = await proctor([...words, "--check"]);
          if (code !== 0) {
            assert.equal(code, 125);
            const run = await proctor([...words, "--state-dir", `${directory}/state`]);
            assert.equal(run.code, 125, run.stderr);
            assert.equal(run.stderr, stderr);
          }
          return stderr || stdout.toString();
        };
        const right = { mqtt: "mqtt://localhost", domain: "d", channel: "c", mqtt_qos: 1 };
        assert.match(
          await check({ ...right, otlp: "http://localhost:4318" }),
          /no fault\nMessages go to mqtt:\/\/localhost, http:\/\/localhost:4318\.\n$/,
        );
        assert.match(
          await check({ mqtt_qos: 1 }),
          /proctor\.yaml:2:3: process_manager\.mqtt_qos: nothing uses it; add mqtt\n/,
        );
        assert.match(
          await check({ ...right, mqtt_qos: 3 }),
          /proctor\.yaml:5:13: process_manager\.mqtt_qos: .*3.* is none of 0, 1, 2/,
        );
        assert.match(
          await check({ ...right, task_id: "x" }),
          /:6:3: process_manager\.task_id: there is no such key/,
        );
        assert.match(
          await check({ mqtt: "mqtt://localhost", domain: "d" }),
          /^proctor: --mqtt: give both --domain ID and --channel ID, or --mqtt-topic-prefix PREFIX alone$/m,
        );
        assert.match(
          await check({}, "--mqtt-qos", "1"),
          /^proctor: --mqtt-qos: nothing uses it; add --mqtt\n$/,
        );
        assert.match(await check(right, "--mqtt-qos", "7"), /^proctor: --mqtt-qos: /);
      }),
  );
});
