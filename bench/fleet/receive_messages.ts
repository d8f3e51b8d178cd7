/**
 * Takes in what is published below m/: for each line with a number of messages on stdin, waits until so many have come
 * and are acknowledged, and prints what that took as JSON. Arguments: the port, who receives (own or mqtt.js), and the
 * domain that is subscribed to.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import type { Delivery } from "../../fleet/mqtt/delivery.ts";
import { Session } from "../../fleet/mqtt/session.ts";

/** How long acknowledgements are gathered, as a commit would take. */
const GATHER_MS = 100;

const [port, who, domain] = process.argv.slice(2);
const url = `mqtt://127.0.0.1:${port}`;
const filter = `m/${domain}/#`;
let count = 0;
let bytes = 0;
let until = 0;
let waiting: Delivery[] = [];

async function subscribe(): Promise<void> {
  if (who === "mqtt.js") {
    const options = { protocolVersion: 5 as const, clientId: who, clean: false };
    const client = await connectAsync(url, {
      ...options,
      properties: { sessionExpiryInterval: 60, receiveMaximum: 60_000 },
    });
    client.on("message", (_topic, payload) => {
      count++;
      bytes += payload.length;
    });
    await client.subscribeAsync(filter, { qos: 1 });
    return;
  }
  await new Promise<void>((resolve) => {
    const session = new Session({
      ...{
        broker: brokerToRead({ mqtt: url, mqtt_version: "5" }, {}),
        clientId: who,
        subscriptions: [filter],
      },
      ...{
        sessionExpirySeconds: 60,
        receiveMaximum: 60_000,
        maximumPacketBytes: 2 ** 20,
        keepaliveSeconds: 60,
      },
    }, {
      deliver(delivery) {
        bytes += delivery.payload.length;
        waiting.push(delivery);
      },
      state: (state) => state === "subscribed" && resolve(),
    });
    setInterval(() => {
      session.acknowledge(waiting);
      count += waiting.length;
      waiting = [];
    }, GATHER_MS);
    session.start();
  });
}

await subscribe();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  // Some may have come before the line was read.
  until += Number(line);
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  while (count < until) await sleep(GATHER_MS / 2);
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({
    seconds: (performance.now() - start) / 1_000,
    cpu_seconds: (user + system) / 1e6,
    bytes,
  }));
  bytes = 0;
}
process.exit();
