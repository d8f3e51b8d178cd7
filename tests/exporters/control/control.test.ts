/* Orders for denser samples, as an agent hears them from a real broker: what it follows, and what it refuses. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { HealthMessage } from "../../../core/schema/health_message.ts";
import { signedBytes } from "../../../core/schema/profile_order.ts";
import type { ProfileOrder } from "../../../core/schema/profile_order.ts";
import { OrderReader } from "../../../exporters/control/order_reader.ts";
import { openExporters } from "../../../exporters/open.ts";
import type { ExportInput } from "../../../exporters/settings.ts";
import { eventually } from "../../support/eventually.ts";
import { Mosquitto, noMosquitto, Subscriber } from "../mqtt/support/mosquitto.ts";
import { healthMessage, taskMessage } from "../support/sample_messages.ts";

const TOPIC = "m/d/c/c/control/manager/profile/web-1";
const manager = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const PUBLIC = manager.publicKey.export({ format: "jwk" }).x!;

function orderOf(facts: Partial<ProfileOrder> = {}): ProfileOrder {
  return {
    topic: TOPIC,
    proplet_id: "web-1",
    agent_id: null,
    sequence: 1,
    expires_at: Date.now() + 60_000,
    tasks: [{ task_id: "job", interval_ms: 500 }],
    ...facts,
  };
}

function sealed(order: unknown, key: KeyObject = manager.privateKey): string {
  const text = JSON.stringify(order);
  return JSON.stringify({ order: text, signature: sign(null, signedBytes(text), key).toString("base64url") });
}

function reader(): OrderReader {
  return new OrderReader({ key: manager.publicKey, topic: TOPIC, propletId: "web-1", agentId: "a1" });
}

const read = (of: OrderReader, payload: string, now = Date.now()) => {
  const result = of.read(new TextEncoder().encode(payload), now);
  return typeof result === "object" && result !== null ? "followed" : result;
};

describe("an order", () => {
  test("is followed once, and again only where it is newer", () => {
    const of = reader();
    assert.equal(of.sequence, null);
    const first = sealed(orderOf({ sequence: 5 }));
    assert.equal(read(of, first), "followed");
    assert.equal(read(of, first), null, "as a broker sends it again");
    assert.equal(read(of, sealed(orderOf({ sequence: 5, tasks: [] }))), "replayed");
    assert.equal(read(of, sealed(orderOf({ sequence: 4 }))), "replayed");
    assert.equal(of.sequence, 5);
    assert.equal(read(of, sealed(orderOf({ sequence: 6 }))), "followed");
    assert.equal(read(of, first), "replayed");
    assert.equal(read(of, ""), null, "as a retained message is cleared");
  });

  test("of a stranger, for another, of the past, or of no form is not", () => {
    const of = reader();
    assert.equal(read(of, sealed(orderOf(), stranger.privateKey)), "forged");
    const changed = JSON.parse(sealed(orderOf()));
    assert.equal(
      read(of, JSON.stringify({ ...changed, order: changed.order.replace("500", "1") })),
      "forged",
    );
    assert.equal(read(of, JSON.stringify({ ...changed, signature: "" })), "forged");
    assert.equal(read(of, sealed(orderOf({ proplet_id: "web-2" }))), "other_agent");
    assert.equal(read(of, sealed(orderOf({ topic: TOPIC.replace("m/d/", "m/e/") }))), "other_agent");
    assert.equal(read(of, sealed(orderOf({ agent_id: "a2" }))), "other_agent");
    assert.equal(read(of, sealed(orderOf({ expires_at: Date.now() - 1 }))), "expired");
    for (const text of ["x", "[]", "{}", '{"order":"{}","signature":1}']) {
      assert.equal(read(of, text), "form");
    }
    assert.equal(read(of, sealed({ ...orderOf(), more: 1 })), "form");
    assert.equal(of.sequence, null, "what is refused leaves nothing behind");
    assert.equal(read(of, sealed(orderOf({ agent_id: "a1" }))), "followed");
  });

  test("holds for a quarter of an hour at most, and what takes it back is never too late", () => {
    const now = Date.now();
    const of = reader();
    const order = of.read(new TextEncoder().encode(sealed(orderOf({ expires_at: now + 1e9 }))), now);
    assert.ok(order !== null && typeof order === "object");
    assert.equal(order.expires_at, now + 900_000);
    assert.equal(read(of, sealed(orderOf({ sequence: 2, tasks: [], expires_at: now - 1 })), now), "followed");
  });

  test("that is old can do nothing after a restart but what was asked for within a quarter of an hour", () => {
    const now = Date.now();
    const inMinutes = (minutes: number) => now + minutes * 60_000;
    const old = sealed(orderOf({ sequence: 1, expires_at: inMinutes(-1) }));
    const recent = sealed(orderOf({ sequence: 2, expires_at: inMinutes(3) }));
    const back = sealed(orderOf({ sequence: 3, tasks: [], expires_at: inMinutes(-60) }));
    const kept = sealed(orderOf({ sequence: 4, expires_at: inMinutes(5) }));
    const before = reader();
    for (const order of [recent, back, kept]) assert.equal(read(before, order, now), "followed");
    const after = reader();
    assert.equal(read(after, old, now), "expired");
    const again = after.read(new TextEncoder().encode(recent), now);
    assert.ok(typeof again === "object" && again?.expires_at === inMinutes(3), "no longer than it said");
    assert.equal(read(after, back, now), "followed", "what takes it back asks for nothing");
    assert.equal(read(after, kept, now), "followed", "which the broker keeps");
    for (const order of [old, recent, back]) assert.equal(read(after, order, now), "replayed");
  });

  test("is one of twenty at once whose signature is looked at", () => {
    const of = reader();
    const now = Date.now();
    const bad = sealed(orderOf(), stranger.privateKey);
    const said = Array.from({ length: 25 }, () => read(of, bad, now));
    assert.deepEqual([said.filter((one) => one === "forged").length, said.at(-1)], [20, "flood"]);
    assert.equal(read(of, sealed(orderOf()), now + 1_000), "followed");
  });

  test("cannot be made of any bytes but the manager's", () => {
    const good = sealed(orderOf());
    fc.assert(fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const bytes = new TextEncoder().encode(good);
      bytes[at] ^= by;
      const result = reader().read(bytes, Date.now());
      // A letter of the signature may stand for the same bits as another.
      const bits = (text: string) => Buffer.from(JSON.parse(text).signature, "base64url").toString("hex");
      assert.ok(
        typeof result === "string" || bits(new TextDecoder().decode(bytes)) === bits(good),
        String(bytes),
      );
    }));
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
      assert.equal(reader().read(bytes, Date.now()), "form");
    }));
  });
});

describe("an agent that takes orders", { concurrency: 1 }, () => {
  async function withAgent(
    more: Partial<ExportInput>,
    use: (agent: {
      publish: (payload: string) => void;
      asked: ReadonlyMap<string, number>[];
      health: () => Promise<HealthMessage["agent"]["control"]>;
      said: string[];
      tell: () => Promise<string>;
    }) => Promise<void>,
  ): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "proctor-control-"));
    try {
      await using broker = await Mosquitto.start(directory);
      await using subscriber = await Subscriber.start(broker.port, "m/d/c/c/control/proplet/+");
      const port = String(broker.port);
      const publish = (payload: string) => {
        const words = ["-h", "127.0.0.1", "-p", port, "-q", "1", "-r", "-t", TOPIC, "-m", payload];
        assert.equal(spawnSync("mosquitto_pub", words).status, 0);
      };
      const asked: ReadonlyMap<string, number>[] = [];
      const said: string[] = [];
      const settings = { mqtt: `mqtt://127.0.0.1:${port}`, domain: "d", channel: "c", proplet_id: "web-1" };
      const exporters = await openExporters({ ...settings, ...more }, {
        variables: {},
        onDenser: (intervals) => asked.push(new Map(intervals)),
        onNotice: (line) => said.push(line),
      });
      const last = async (tail: string, since: number) => {
        await subscriber.until(
          (arrived) => arrived.slice(since).some(({ topic }) => topic.endsWith(tail)),
          `a message of ${tail}`,
        );
        return subscriber.arrived.slice(since).findLast(({ topic }) => topic.endsWith(tail))!.payload
          .toString();
      };
      try {
        await use({
          ...{ publish, asked, said },
          health: async () => {
            const since = subscriber.arrived.length;
            exporters.health(healthMessage());
            return (JSON.parse(await last("metrics", since)) as HealthMessage).agent.control;
          },
          tell: async () => {
            const since = subscriber.arrived.length;
            exporters.message(taskMessage("job"));
            return await last("task_metrics", since);
          },
        });
      } finally {
        await exporters.close(2_000);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  test(
    "samples as asked, never more often than it says, and as before by itself in the end",
    {
      skip: noMosquitto,
      timeout: 60_000,
    },
    () =>
      withAgent(
        { mqtt_control: PUBLIC, mqtt_control_interval: "2s" },
        async ({ publish, asked, health, tell }) => {
          assert.deepEqual((await health())!.in_force, []);
          assert.equal(JSON.parse(await tell()).denser, undefined);
          const ends = Date.now() + 4_000;
          const tasks = [{ task_id: "job", interval_ms: 1 }, { task_id: "slow", interval_ms: 5_000 }];
          publish(sealed(orderOf({ tasks, expires_at: ends })));
          await eventually(() => asked.length > 0);
          assert.deepEqual([...asked[0]], [["job", 2_000], ["slow", 5_000]]);
          const { in_force: inForce, sequence, min_interval_seconds: least } = (await health())!;
          const until = new Date(ends).toISOString();
          assert.deepEqual([least, sequence], [2, 1]);
          assert.deepEqual(inForce[0], { task_id: "job", interval_seconds: 2, until });
          assert.deepEqual(JSON.parse(await tell()).denser, { interval_seconds: 2, until });
          // Nobody says anything more: it ends all the same, and not before.
          await eventually(() => asked.length > 1);
          assert.ok(Date.now() >= ends - 50, `${ends - Date.now()} ms early`);
          assert.equal(asked[1].size, 0);
          assert.deepEqual((await health())!.in_force, []);
          assert.equal(JSON.parse(await tell()).denser, undefined);
        },
      ),
  );

  test(
    "counts what it refuses, and tells the first of each kind",
    { skip: noMosquitto, timeout: 60_000 },
    () =>
      withAgent({ mqtt_control: PUBLIC }, async ({ publish, asked, health, said }) => {
        publish(sealed(orderOf({ sequence: 9 })));
        await eventually(() => asked.length > 0);
        for (const key of [stranger.privateKey, stranger.privateKey]) {
          publish(sealed(orderOf({ sequence: 10 }), key));
        }
        publish(sealed(orderOf({ sequence: 8 })));
        publish(sealed(orderOf({ sequence: 11, expires_at: Date.now() - 5_000 })));
        publish(sealed(orderOf({ sequence: 12, proplet_id: "web-2" })));
        publish("nonsense");
        const { refused, in_force: inForce } = await eventually(async () => {
          const control = (await health())!;
          return control.refused.form === 1 && control;
        });
        assert.deepEqual(refused, { forged: 2, replayed: 1, expired: 1, other_agent: 1, form: 1 });
        assert.equal(inForce.length, 1, "the first one holds on");
        assert.equal(asked.length, 1);
        assert.deepEqual(said.map((line) => /not followed: (.*)$/.exec(line)?.[1]), [
          "it is not signed by the manager whose key we have",
          "it is not newer than one before",
          "its time is over, or our clock is ahead",
          "it is for another agent",
          "it has not the form of one",
        ]);
      }),
  );

  test(
    "is one that was told to: any other hears nothing",
    { skip: noMosquitto, timeout: 60_000 },
    () =>
      withAgent({}, async ({ publish, asked, health }) => {
        publish(sealed(orderOf()));
        assert.equal(await health(), undefined);
        assert.equal(asked.length, 0);
      }),
  );
});

describe("settings of control", () => {
  const mqtt = "mqtt://127.0.0.1:1";
  const wrong: readonly [ExportInput, RegExp][] = [
    [
      { mqtt, domain: "d", channel: "c", mqtt_control: "x" },
      /mqtt_control: "x" is not a key of a manager; write the 43/,
    ],
    [{ mqtt, topic: "t", mqtt_control: PUBLIC }, /mqtt_control: it needs domain ID and channel ID/],
    [
      { mqtt, domain: "d", channel: "c", mqtt_control_interval: "1s" },
      /mqtt_control_interval: nothing uses it/,
    ],
  ];
  for (const [input, words] of wrong) {
    test(`that are wrong are told: ${words.source.slice(0, 40)}`, async () => {
      await assert.rejects(openExporters(input, { variables: {}, onDenser: () => {} }), { message: words });
    });
  }
  test("are refused where nobody can sample more densely", async () => {
    const input = { mqtt, domain: "d", channel: "c", mqtt_control: PUBLIC };
    await assert.rejects(openExporters(input, { variables: {} }), { message: /watch, run and attach only/ });
  });
});
