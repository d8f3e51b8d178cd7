import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Mosquitto, noMosquitto } from "../tests/exporters/mqtt/support/mosquitto.ts";
import { LineProcess } from "./lib/line_process.ts";
import type { Bench } from "./lib/result.ts";
import { runScript } from "./lib/runtimes.ts";
import { median, medianRatio } from "./lib/statistics.ts";

/** What publishing a number of messages took. */
interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of handing them over. */
  readonly handSeconds: number;
}

type Contender = (count: number) => Promise<Cost>;

/** mosquitto_pub, which reads a message from each line of a file: libmosquitto, in C. */
function mosquittoPub(port: number, qos: number, file: string): Promise<Cost> {
  const input = openSync(file, "r");
  const start = performance.now();
  const child = spawn("/bin/sh", [
    ...["-c", 'mosquitto_pub "$@"; times', "sh", "-p", String(port), "-h", "127.0.0.1"],
    ...["-q", String(qos), "-V", "5", "-t", "m/bench/c/bench/control/proplet/task_metrics", "-l"],
  ], { stdio: [input, "pipe", "inherit"] });
  closeSync(input);
  let output = "";
  child.stdout!.on("data", (bytes) => output += bytes);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(`mosquitto_pub ended with ${code}`));
      // The second line is that of the children: minutes and seconds in user mode, then in the kernel.
      const [user, system] = output.trim().split("\n")[1].split(" ").map((text) => {
        const [minutes, seconds] = text.split("m");
        return Number(minutes) * 60 + Number.parseFloat(seconds);
      });
      const seconds = (performance.now() - start) / 1_000;
      resolve({ seconds, cpuSeconds: user + system, handSeconds: NaN });
    });
  });
}

async function ask(publisher: LineProcess, line: string): Promise<Cost> {
  const { seconds, cpu_seconds, hand_seconds } = JSON.parse(await publisher.ask(line));
  return { seconds, cpuSeconds: cpu_seconds, handSeconds: hand_seconds };
}

/** The exporter against libmosquitto, on a broker of this machine. */
export const mqtt: Bench = {
  about:
    "messages a second to a local Mosquitto by QoS 0 and 1, and the exporter's CPU for each, against mosquitto_pub",
  async run({ quick }) {
    if (noMosquitto) return { tables: [], checks: [], notes: [], skipped: noMosquitto };
    const count = quick ? 10_000 : 50_000;
    const rounds = quick ? 3 : 7;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const broker = await Mosquitto.start(directory);
    const start = async (settings: Record<string, unknown>) => {
      const publisher = new LineProcess(
        runScript("Bun", "bench/publish_mqtt.ts", String(broker.port), JSON.stringify(settings)),
      );
      return { publisher, message: await publisher.line() };
    };
    try {
      const rows: (string | number | null)[][] = [];
      const ratios: number[] = [];
      let messageBytes = 0;
      for (const qos of [0, 1]) {
        const kinds = {
          plain: {},
          "batches of 50": { mqtt_batch: 50 },
          "batches of 50 in gzip": { mqtt_batch: 50, mqtt_gzip: true },
        };
        const publishers: LineProcess[] = [];
        const contenders: [string, Contender][] = [];
        for (const [name, settings] of Object.entries(kinds)) {
          const { publisher, message } = await start({ ...settings, mqtt_qos: qos });
          publishers.push(publisher);
          contenders.push([`exporter, ${name}`, (messages) => ask(publisher, String(messages))]);
          messageBytes = message.length;
          if (name === "plain") writeFileSync(`${directory}/lines`, `${message}\n`.repeat(count));
        }
        contenders.push(["mosquitto_pub -l", () => mosquittoPub(broker.port, qos, `${directory}/lines`)]);
        const costs = contenders.map((): Cost[] => []);
        for (const [, publish] of contenders) await publish(count / 5);
        for (let round = 0; round < rounds; round++) {
          for (const [index, [, publish]] of contenders.entries()) costs[index].push(await publish(count));
        }
        for (const [index, [name]] of contenders.entries()) {
          const each = (of: keyof Cost) => median(costs[index].map((cost) => cost[of])) / count * 1e6;
          const hand = each("handSeconds");
          rows.push([
            `QoS ${qos}`,
            name,
            1e6 / each("seconds"),
            each("cpuSeconds"),
            Number.isNaN(hand) ? null : hand,
          ]);
        }
        ratios.push(
          medianRatio(costs[0].map(({ seconds }) => seconds), costs.at(-1)!.map(({ seconds }) => seconds)),
        );
        for (const publisher of publishers) await publisher.end();
      }
      const { publisher: calm } = await start({});
      await ask(calm, "50 10");
      const slow = await ask(calm, `${quick ? 300 : 1_500} 20`);
      await calm.end();
      return {
        tables: [{
          title:
            `${count} messages of ${messageBytes} bytes to Mosquitto on this machine, median of ${rounds} series`,
          columns: [
            { name: "" },
            { name: "by" },
            { name: "messages a second" },
            { name: "CPU µs each", digits: 1 },
            { name: "handing over µs", digits: 1 },
          ],
          rows,
        }],
        checks: [
          { what: "time against mosquitto_pub, QoS 0", unit: "×", measured: ratios[0], wanted_at_most: 2 },
          { what: "time against mosquitto_pub, QoS 1", unit: "×", measured: ratios[1], wanted_at_most: 2 },
        ],
        notes: [
          `mosquitto_pub: ${
            spawnSync("mosquitto_pub", ["--version"], { encoding: "utf8" }).stdout.trim().split("\n")[0]
          }`,
          `at 50 messages a second, QoS 1: ${
            (slow.cpuSeconds / (quick ? 300 : 1_500) * 1e6).toFixed(0)
          } µs of CPU each, timers of the bench included`,
        ],
      };
    } finally {
      await broker.stop();
      rmSync(directory, { recursive: true });
    }
  },
};
