/** Publishes what a fleet of agents would; see options.ts. */
import process from "node:process";
import { ProctorError } from "../../../core/error.ts";
import { reasonOfError } from "../../../exporters/mqtt/failure.ts";
import { checkedSettings } from "../../../exporters/open.ts";
import { withoutCredentials } from "../../../exporters/settings.ts";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { pause } from "../../../io/deadline.ts";
import { fleetMessages } from "./fleet.ts";
import { readOptions, USAGE } from "./options.ts";
import type { SimulatorOptions } from "./options.ts";
import { Publisher } from "./publisher.ts";

/** How often it is told how things are. */
const TELL_EVERY_MS = 10_000;
/** Messages after which we look whether we are to end, where none is waited for. */
const LOOK_EVERY = 256;

class Count {
  messages = 0;
  samples = 0;
  bytes = 0;
  /** How far behind the fleet's time we are. */
  lagMs = 0;

  tell(since: number): string {
    const seconds = (performance.now() - since) / 1_000;
    const rate = Math.round(this.samples / seconds);
    return JSON.stringify({
      seconds: Number(seconds.toFixed(1)),
      messages: this.messages,
      samples: this.samples,
      bytes: this.bytes,
      samples_per_second: rate,
      lag_seconds: Number((this.lagMs / 1_000).toFixed(2)),
    });
  }
}

async function simulate(options: SimulatorOptions, publishers: readonly Publisher[], signal: AbortSignal) {
  const { plan, speed, until } = options;
  const count = new Count();
  const since = performance.now();
  const timer = setInterval(() => console.error(count.tell(since)), TELL_EVERY_MS);
  try {
    for (const message of fleetMessages(plan, until)) {
      if (speed > 0) {
        const waitMs = since + (message.at - plan.startAt) / speed - performance.now();
        count.lagMs = Math.max(0, -waitMs);
        if (waitMs > 1) await pause(waitMs, signal);
      }
      if (count.messages % LOOK_EVERY === 0) await pause(0);
      if (signal.aborted) break;
      await publishers[message.agent % publishers.length].publish(message);
      count.messages++;
      count.samples += message.samples;
      count.bytes += message.payload.length;
    }
    await Promise.all(publishers.map((publisher) => publisher.drained()));
  } finally {
    clearInterval(timer);
  }
  console.log(count.tell(since));
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), Date.now());
  if (options === null) {
    console.log(USAGE.trimEnd());
    return 0;
  }
  const { mqtt, mqtt_ca, mqtt_cert, mqtt_key, connections } = options;
  const broker = brokerToRead(
    checkedSettings({ mqtt_version: "3.1.1", mqtt, mqtt_ca, mqtt_cert, mqtt_key }),
    process.env,
  );
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const publishers: Publisher[] = [];
  try {
    for (let number = 0; number < Math.min(connections, options.plan.agents); number++) {
      publishers.push(await Publisher.open(broker, `proctor-fleet-${process.pid}-${number}`));
    }
    await simulate(options, publishers, stop.signal);
    return 0;
  } catch (error) {
    console.error(`simulate-fleet: ${withoutCredentials(mqtt)}: ${reasonOfError(error)}`);
    return 1;
  } finally {
    await Promise.all(publishers.map((publisher) => publisher.close()));
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof ProctorError)) throw error;
  console.error(`simulate-fleet: ${error.message}; see --help`);
  process.exitCode = 2;
}
