import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { snappyUncompress } from "hyparquet";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../../support/eventually.ts";
import { Receiver } from "../forward/support/receiver.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { FleetUnderFire } from "../support/fleet_under_fire.ts";

const PATIENCE_MS = 60_000;
const CPU = "proctor_cpu_seconds_total";

/** What a receiver of remote write was sent of the tasks' CPU time: by task and time, each value. */
class ReceivedSamples {
  readonly #values = new Map<string, Map<number, number[]>>();
  #read = 0;

  constructor(readonly receiver: Receiver) {}

  /** Take in what has come since. */
  get values(): ReadonlyMap<string, ReadonlyMap<number, readonly number[]>> {
    for (const { body } of this.receiver.requests.slice(this.#read)) {
      this.#read++;
      const plain = new Uint8Array(Receiver.lengthOf(body).value);
      snappyUncompress(body, plain);
      for (const { labels, time, value, isStale } of Receiver.read(plain)) {
        if (labels["__name__"] !== CPU || labels["domain"] !== "fleet" || isStale) continue;
        const name = `${labels["agent"]} ${labels["task"]}`;
        const ofTask = this.#values.get(name) ?? new Map<number, number[]>();
        this.#values.set(name, ofTask.set(time, [...ofTask.get(time) ?? [], value]));
      }
    }
    return this.#values;
  }

  /** Wait until it has all of some samples, and hold it against them. @returns how many came more than once */
  async check(published: FleetUnderFire["published"]): Promise<number> {
    const count = [...published.values()].flat().length;
    const received = () => [...this.values.values()].reduce((sum, { size }) => sum + size, 0);
    await eventually(() => received() >= count, PATIENCE_MS, () => `${received()} of ${count} samples`);
    let repeated = 0;
    for (const [name, samples] of published) {
      const own = [...this.values.get(name) ?? []].sort(([a], [b]) => a - b);
      for (const [, values] of own) repeated += values.length - 1;
      // What comes again is the same to the letter.
      assert.deepEqual(own.map(([time, values]) => [time, ...new Set(values)]), samples, name);
    }
    assert.equal(this.values.size, published.size);
    return repeated;
  }
}

test(
  "of several managers one forwards what all take in: nothing is lost when it goes or is killed, nor doubled when it goes",
  { skip: noMosquitto || noPostgres, timeout: 180_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "proctor-forwarding-"));
    stack.defer(() => rmSync(directory, { recursive: true, force: true }));
    const server = stack.use(await PostgresServer.start());
    const broker = stack.use(
      await Mosquitto.start(directory, ["allow_anonymous true", "max_queued_messages 0"]),
    );
    const receiver = stack.use(await Receiver.open());
    const received = new ReceivedSamples(receiver);
    const fleet = stack.use(
      await FleetUnderFire.open(server.url(await server.newDatabase()), [broker.port], 3, 3, "5", {
        PROCTOR_TEST_FORWARD: receiver.url,
      }),
    );
    const takeAway = async () => {
      const forwards = () => fleet.managers.filter(({ told }) => told.isForwarding);
      await eventually(() => forwards().length === 1, PATIENCE_MS, () => "one of them forwards");
      return fleet.managers.splice(fleet.managers.indexOf(forwards()[0]!), 1)[0]!;
    };
    const goes = async (signal: "SIGTERM" | "SIGKILL") => {
      const first = await takeAway();
      await fleet.publish();
      const published = fleet.publish();
      assert.equal(await first.end(signal), signal === "SIGTERM" ? 0 : null);
      await published;
      fleet.startManager();
      return await received.check(fleet.published);
    };
    assert.equal(await goes("SIGTERM"), 0, "what one has sent that says goodbye is not sent again");
    const repeated = await goes("SIGKILL");
    // Of what the killed one had sent and not yet noted, and no more: the last pieces of two seconds each.
    assert.ok(repeated < [...fleet.published.values()].flat().length / 2, `${repeated} came again`);
    await fleet.publish(Infinity);
    assert.equal(await received.check(fleet.published), repeated);
    await fleet.check();
  },
);
