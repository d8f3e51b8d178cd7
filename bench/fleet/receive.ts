import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { Mosquitto, noMosquitto } from "../../tests/exporters/mqtt/support/mosquitto.ts";
import { LineProcess } from "../lib/line_process.ts";
import type { Bench } from "../lib/result.ts";
import { runScript } from "../lib/runtimes.ts";
import { median, medianRatio } from "../lib/statistics.ts";
import { fleetMessages } from "./simulator/fleet.ts";
import { SMALL_FLEET } from "./simulator/plan.ts";
import type { FleetMessage, FleetPlan } from "./simulator/plan.ts";
import { Publisher } from "./simulator/publisher.ts";

const RECEIVERS = ["own", "mqtt.js"] as const;
const SLICE_MS = 10;

/** What is published, and how many messages of it a second. */
interface Load {
  readonly name: string;
  readonly plan: Partial<FleetPlan>;
  readonly perSecond: number;
}

const LOADS: readonly Load[] = [
  { name: "single", plan: {}, perSecond: 10_000 },
  { name: "arrays of 10 in gzip", plan: { batch: 10, gzip: true }, perSecond: 1_000 },
  { name: "arrays of 10 in gzip", plan: { batch: 10, gzip: true }, perSecond: 10_000 },
];

/** A fleet's messages that are told of tasks, for this receiver alone. */
function made(plan: Partial<FleetPlan>, domain: string, count: number): FleetMessage[] {
  const whole = { ...SMALL_FLEET, healthEvery: 0, ...plan, agents: 1_000, domain };
  const messages: FleetMessage[] = [];
  for (const message of fleetMessages(whole, Infinity)) {
    if (messages.push(message) === count) return messages;
  }
  return messages;
}

async function publish(
  publisher: Publisher,
  messages: readonly FleetMessage[],
  perSecond: number,
): Promise<void> {
  const start = performance.now();
  const slice = perSecond * SLICE_MS / 1_000;
  for (let at = 0; at < messages.length; at += slice) {
    for (const message of messages.slice(at, at + slice)) await publisher.publish(message);
    await sleep(Math.max(0, start + (at + slice) * 1_000 / perSecond - performance.now()));
  }
}

/** What taking in a message costs, whatever is made of it. */
export const fleetReceive: Bench = {
  about: "CPU of taking in a message by QoS 1 from a local Mosquitto: the fleet's own reader against mqtt.js",
  async run({ quick }) {
    if (noMosquitto) return { tables: [], checks: [], notes: [], skipped: noMosquitto };
    const rounds = quick ? 3 : 7;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const broker = await Mosquitto.start(directory, [
      ...["allow_anonymous true", "max_inflight_messages 0", "max_queued_messages 0"],
    ]);
    const receivers = RECEIVERS.map((who) =>
      new LineProcess(
        runScript("Bun", "bench/fleet/receive_messages.ts", String(broker.port), who, who.replace(".", "-")),
      )
    );
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const publisher = await Publisher.open(brokerToRead({ mqtt: url, mqtt_version: "3.1.1" }, {}), "bench");
    const rows: (string | number | null)[][] = [];
    try {
      for (const receiver of receivers) await receiver.line();
      for (const { name, plan, perSecond } of LOADS) {
        const count = perSecond * (quick ? 1 : 2);
        const costs: number[][] = RECEIVERS.map(() => []);
        let bytes = 0;
        for (let round = 0; round <= rounds; round++) {
          for (const [index, who] of RECEIVERS.entries()) {
            const messages = made(plan, who.replace(".", "-"), count);
            const answer = receivers[index].ask(String(count));
            await publish(publisher, messages, perSecond);
            const said = JSON.parse(await answer);
            bytes = said.bytes / count;
            // The first round warms up.
            if (round > 0) costs[index].push(said.cpu_seconds / count * 1e6);
          }
        }
        const [own, other] = costs;
        rows.push([name, perSecond, bytes, median(own), median(other), medianRatio(own, other)]);
      }
    } finally {
      await publisher.close();
      await Promise.all(receivers.map((receiver) => receiver.end()));
      await broker.stop();
      rmSync(directory, { recursive: true });
    }
    return {
      tables: [{
        title: "CPU of the receiver a message, median",
        columns: [
          { name: "messages" },
          { name: "a second", digits: 0 },
          { name: "bytes each", digits: 0 },
          { name: "own µs", digits: 2 },
          { name: "mqtt.js µs", digits: 2 },
          { name: "own / mqtt.js", digits: 2 },
        ],
        rows,
      }],
      checks: rows.map(([name, perSecond, , , , ratio]) => ({
        what: `own reader against mqtt.js, ${name}, ${perSecond}/s`,
        unit: "times",
        measured: ratio as number,
        wanted_at_most: 0.6,
      })),
      notes: [
        "Payloads are taken in and acknowledged, not read: the own reader gathers acknowledgements for 100 ms, as a commit does.",
      ],
    };
  },
};
