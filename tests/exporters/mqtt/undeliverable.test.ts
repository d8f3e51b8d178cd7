import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withDirectory } from "../../cli/support/directory.ts";
import { opened } from "../support/open.ts";
import { message, numberOf, readMessage } from "./support/messages.ts";
import { Mosquitto, noMosquitto, Subscriber } from "./support/mosquitto.ts";

/** What no topic may have, by OASIS MQTT 5.0, 1.5.4; and a `$`, which is the broker's own. */
const ODD_NAMES = [
  "wk\x07 r",
  "tab\tnewline\n",
  "c1\x85",
  "del\x7f",
  "half \ud83d pair",
  "not a character \ufdd0\u{1ffff}",
  "nul\0",
  "$SYS",
];
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const large = (number: number) => ({ ...message(number, "large"), proplet_id: "x".repeat(3_000) });

type Opened = Awaited<ReturnType<typeof opened>>;

/** A broker that takes no large message, who listens to t/small there, and exporters to it. */
function withSmallPackets(
  settings: object,
  use: (proctor: Opened, subscriber: Subscriber) => Promise<void>,
): Promise<void> {
  return withDirectory(async (directory) => {
    await using broker = await Mosquitto.start(directory, ["allow_anonymous true", "max_packet_size 2000"]);
    await using subscriber = await Subscriber.start(broker.port, "t/small");
    await using proctor = await opened({
      mqtt: `mqtt://127.0.0.1:${broker.port}`,
      mqtt_version: "3.1.1",
      topic: "t/{task_id}",
      ...settings,
    });
    await use(proctor, subscriber);
  });
}

describe("what a broker does not take holds up nobody", { concurrency: 1 }, () => {
  for (const version of ["3.1.1", "5"] as const) {
    test(`MQTT ${version}: names that no topic may have are cleaned, and it is told once`, {
      skip: noMosquitto,
      timeout: 60_000,
    }, async () => {
      await withDirectory(async (directory) => {
        await using broker = await Mosquitto.start(directory);
        await using subscriber = await Subscriber.start(broker.port, "#");
        await using proctor = await opened({
          mqtt: `mqtt://127.0.0.1:${broker.port}`,
          mqtt_version: version,
          topic: "{task_id}/t",
        });
        for (const name of ODD_NAMES) {
          proctor.exporters.message(message(1, name));
          proctor.exporters.message(message(2, "harmless"));
        }
        await subscriber.until(({ length }) => length === 2 * ODD_NAMES.length, "all");
        const odd = subscriber.arrived.filter(({ topic }) => topic !== "harmless/t");
        assert.deepEqual(odd.map(({ topic }) => topic), [
          "wk_ r/t",
          "tab_newline_/t",
          "c1_/t",
          "del_/t",
          "half _ pair/t",
          "not a character __/t",
          "nul_/t",
          "_SYS/t",
        ]);
        // The message has the name as it is.
        assert.equal(readMessage(odd[0].payload).task_id, "wk\x07 r");
        await proctor.exporters.close(10_000);
        assert.equal(proctor.report().failed_count, 0);
        assert.equal(proctor.notices.length, 1, proctor.notices.join("\n"));
        assert.match(proctor.notices[0], /the name "wk\\u0007 r" has characters that no topic may have/);
      });
    });
  }

  for (const qos of [1, 2] as const) {
    test(`MQTT 3.1.1, QoS ${qos}: messages beyond the broker's limit are dropped and told`, {
      skip: noMosquitto,
      timeout: 90_000,
    }, async () => {
      await withSmallPackets({ mqtt_qos: qos }, async (proctor, subscriber) => {
        for (const number of upTo(10)) {
          proctor.exporters.message(message(number, "small"));
          proctor.exporters.message(large(number));
        }
        await subscriber.until(
          (arrived) => {
            return new Set(arrived.map(({ payload }) => numberOf(readMessage(payload)))).size === 10;
          },
          "the small ones",
          60_000,
        );
        await proctor.until(() => proctor.report().queued_count === 0, "all is settled", 60_000);
        const { sent_count, dropped_count, failed_count } = proctor.report();
        assert.deepEqual([sent_count, dropped_count], [10, 10]);
        // What is as large on the same topic costs no connection of its own.
        assert.ok(failed_count >= 2 && failed_count <= 8, `${failed_count} connections`);
        const told = proctor.notices.filter((line) =>
          /what it does not take on t\/large is dropped/.test(line)
        );
        assert.equal(told.length, 1, proctor.notices.join("\n"));
      });
    });
  }

  test("a message that costs the connection does not keep those behind it when the program ends", {
    skip: noMosquitto,
    timeout: 60_000,
  }, async () => {
    await withSmallPackets({}, async (proctor, subscriber) => {
      proctor.exporters.message(large(1));
      for (const number of upTo(5)) proctor.exporters.message(message(number, "small"));
      await proctor.exporters.close(10_000);
      await subscriber.until(({ length }) => length >= 5, "the small ones");
      assert.deepEqual([proctor.report().sent_count, proctor.report().dropped_count], [5, 1]);
    });
  });

  test(
    "MQTT 5: a batch is no larger than the broker takes",
    { skip: noMosquitto, timeout: 60_000 },
    async () => {
      await withDirectory(async (directory) => {
        const lines = ["allow_anonymous true", "max_packet_size 2000"];
        await using broker = await Mosquitto.start(directory, lines);
        await using proctor = await opened({
          mqtt: `mqtt://127.0.0.1:${broker.port}`,
          topic: "t",
          mqtt_batch: 100,
        });
        for (const number of upTo(100)) proctor.exporters.message(message(number));
        await proctor.exporters.close(20_000);
        assert.deepEqual([proctor.report().sent_count, proctor.report().dropped_count], [100, 0]);
      });
    },
  );

  test("settings with a topic that costs the connection are refused", async () => {
    for (
      const input of [{ topic: "t/\x07" }, { domain: "d\n", channel: "c" }, {
        topic: "t",
        proplet_id: "\x85",
      }]
    ) {
      await assert.rejects(opened({ mqtt: "mqtt://127.0.0.1:1", ...input }), /control character/);
    }
  });
});
