import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { madeMessage } from "../../../bench/lib/made_message.ts";
import { Admission } from "../../../fleet/ingest/admission.ts";
import { Intake } from "../../../fleet/ingest/intake.ts";
import { ADMISSION_LIMITS, MESSAGE_LIMITS } from "../../../fleet/ingest/limits.ts";
import { NOW, published, taskMessage, TASKS } from "../support/ingest.ts";

const MEBIBYTE = 1024 * 1024;

/** A batch of ten tasks, as an honest agent sends it every ten seconds. */
function batch(agent: string, now: number): Uint8Array {
  const timestamp = new Date(now).toISOString();
  const messages = Array.from({ length: 10 }, (_, task) => madeMessage(`t${task}`, agent, { timestamp }));
  return gzipSync(JSON.stringify(messages));
}

/** What ten honest neighbours get in during a minute, while an agent sends what it likes ten times a second. */
function besides(
  hostile: (number: number, now: number) => [topic: string, body: unknown],
  isNamedByTopic: boolean,
  intake = new Intake({ admission: new Admission(LIMITS) }),
): { honest: number; hostileBytes: number; faultsOfNeighbours: number } {
  const topicOf = (agent: string) => isNamedByTopic ? `${TASKS}/${agent}` : TASKS;
  let honest = 0;
  let hostileBytes = 0;
  for (let round = 0; round < 6; round++) {
    for (let number = 0; number < 100; number++) {
      const now = NOW + round * 10_000 + number * 100;
      const [topic, body] = hostile(round * 100 + number, now);
      const before = intake.readBytes;
      intake.take(published(topic, body, { receivedAt: now }));
      hostileBytes += intake.readBytes - before;
      if (number % 10 !== 0) continue;
      const agent = `honest-${number / 10}`;
      honest += intake.take(published(topicOf(agent), batch(agent, now), { receivedAt: now })).length;
    }
  }
  const ofNeighbours = [...intake.refusals.counts()].filter(({ agent }) => agent?.startsWith("honest"));
  return { honest, hostileBytes, faultsOfNeighbours: ofNeighbours.length };
}

/** Smaller ones than the usual: tests are to be quick. */
const LIMITS = {
  ...ADMISSION_LIMITS,
  messages: { perSecond: 100, most: 50_000 },
  bytes: { perSecond: MEBIBYTE / 2, most: 32 * MEBIBYTE },
  unnamedBytes: { perSecond: MEBIBYTE / 8, most: 16 * MEBIBYTE },
  tightBytes: MEBIBYTE / 16,
};
const ALL = 6 * 10 * 10;

describe("the door", () => {
  test("lets in what agents send, and counts what it does not take", () => {
    const intake = new Intake();
    assert.equal(intake.take(published(TASKS, batch("h", NOW))).length, 10);
    assert.deepEqual(intake.take(published("some/topic", {})), []);
    assert.deepEqual(intake.take(published(TASKS, {})), []);
    assert.equal(intake.take(published(TASKS, [taskMessage(), 5])).length, 1);
    assert.deepEqual([...intake.refusals.totals], [["topic", 1], ["schema", 2]]);
  });

  test("what an error of ours keeps from being read is refused, counted and paid for; what comes behind is read", () => {
    let isBroken = true;
    const limits = {
      ...MESSAGE_LIMITS,
      get batch(): number {
        if (isBroken) throw new RangeError("no stack");
        return MESSAGE_LIMITS.batch;
      },
    };
    const intake = new Intake({ limits, admission: new Admission({ ...LIMITS, tightBytes: 10 }) });
    const send = () => intake.take(published(TASKS, taskMessage({ proplet_id: "h" })));
    assert.deepEqual(send(), []);
    assert.deepEqual(intake.again(published(TASKS, taskMessage())), []);
    assert.deepEqual([...intake.refusals.totals], [["internal", 2]]);
    assert.equal(intake.refusals.latest[0].detail, "RangeError: no stack");
    for (let number = 0; number < 40; number++) send();
    isBroken = false;
    // The allowance of what nobody can be blamed for is used up.
    assert.deepEqual(send(), []);
    assert.equal(intake.refusals.totals.get("payload_size"), 1);
    assert.equal(intake.again(published(TASKS, taskMessage())).length, 1);
  });

  test("an agent that sends too much is refused, then let in again", () => {
    const admission = new Admission({ ...ADMISSION_LIMITS, messages: { perSecond: 10, most: 100 } });
    const intake = new Intake({ admission });
    const send = (at: number) =>
      intake.take(published(TASKS, batch("h", NOW + at), { receivedAt: NOW + at })).length;
    assert.deepEqual(Array.from({ length: 13 }, () => send(0)), [...Array(11).fill(10), 0, 0]);
    // What was refused is owed, too.
    assert.equal(send(1_500), 0);
    assert.equal(send(40_000), 10);
    assert.equal(intake.refusals.totals.get("rate"), 3);
  });

  test("what is wrong is at the cost of who has sent it, where it tells who", () => {
    const admission = new Admission({ ...ADMISSION_LIMITS, messages: { perSecond: 0, most: 5 } });
    const intake = new Intake({ admission });
    intake.take(published(TASKS, taskMessage()));
    for (let number = 0; number < 7; number++) intake.take(published(TASKS, taskMessage({ state: "odd" })));
    assert.deepEqual([...intake.refusals.totals], [["schema", 5], ["rate", 2]]);
    assert.ok([...intake.refusals.counts()].every(({ agent }) => agent === "host-1"));
  });

  test("takes in again what a restart has cut off, without a charge, but within the bounds", () => {
    const none = { perSecond: 0, most: 0 };
    const limits = { ...ADMISSION_LIMITS, messages: none, newTasks: none, newAgents: none, tasksOfAgent: 5 };
    const intake = new Intake({ admission: new Admission(limits) });
    for (let number = 0; number < 3; number++) {
      assert.equal(intake.again(published(TASKS, batch("h", NOW))).length, 5);
    }
    assert.deepEqual(intake.again(published("some/topic", {})), []);
  });
});

describe("a hostile agent costs its neighbours nothing", () => {
  const garbage = (number: number) =>
    Uint8Array.from({ length: 1_000 }, (_, at) => (at * 31 + number) & 0xff);
  const bombs = [gzipSync, zstdCompressSync].map((pack) => pack(Buffer.alloc(16 * MEBIBYTE, 0x20)));
  const deep = gzipSync("[".repeat(7 * MEBIBYTE));
  const huge = gzipSync(
    JSON.stringify(taskMessage({ proplet_id: "bad", padding: "x".repeat(7 * MEBIBYTE) })),
  );
  const newTasks = Array.from({ length: 20 }, (_, number) =>
    gzipSync(JSON.stringify(
      Array.from(
        { length: 1_000 },
        (_, at) => taskMessage({ proplet_id: "bad", task_id: `${number}-${at}` }),
      ),
    )));
  const WAYS: Record<string, (number: number, now: number) => unknown> = {
    garbage,
    bombs: (number) => bombs[number % 2],
    "brackets without end": () => deep,
    "large messages": () => huge,
    "a thousand new tasks a message": (number) => newTasks[number % 20],
    "the future": () => taskMessage({ proplet_id: "bad", timestamp: "2999-01-01T00:00:00Z", metrics: {} }),
  };

  for (const [way, make] of Object.entries(WAYS)) {
    for (const isNamed of [true, false]) {
      test(`${way}, ${isNamed ? "at a topic of its own" : "at the topic of all"}`, () => {
        const topic = isNamed ? `${TASKS}/bad` : TASKS;
        const found = besides((number, now) => [topic, make(number, now)], isNamed);
        assert.deepEqual([found.honest, found.faultsOfNeighbours], [ALL, 0]);
        // Its own bytes and those of nobody, with what comes in a minute, then 64 KiB each: without, 4,800 MiB.
        const most = 32 + 60 / 2 + 16 + 60 / 8 + 2 * 8 + 600 / 16;
        assert.ok(found.hostileBytes <= most * MEBIBYTE, `${found.hostileBytes / MEBIBYTE} MiB`);
      });
    }
  }

  test("what nobody can be blamed for is unpacked as far as honest batches are large, and no further", () => {
    const intake = new Intake({ admission: new Admission(LIMITS) });
    const found = besides(() => [TASKS, bombs[0]], false, intake);
    // 16 MiB at once and 128 KiB a second, then 64 KiB each.
    const most = 16 + 60 / 8 + 8 + 600 / 16;
    assert.ok(found.hostileBytes <= most * MEBIBYTE, `${found.hostileBytes / MEBIBYTE} MiB`);
    assert.equal(found.honest, ALL);
  });

  /** What has waited for an hour at an agent: a thousand messages, far beyond what is tight. */
  const backlogOf = (agent: string, pack: (plain: Uint8Array) => Uint8Array) =>
    pack(Buffer.from(JSON.stringify(
      Array.from({ length: 1_000 }, (_, at) => taskMessage({ proplet_id: agent, task_id: `t${at % 10}` })),
    )));
  /** The unit's allowance is used up by what names nobody, while some agents are known. */
  const bombed = () => {
    const intake = new Intake({ admission: new Admission(LIMITS) });
    for (const agent of ["honest-0", "honest-1"]) intake.take(published(TASKS, batch(agent, NOW)));
    for (let number = 0; number < 20; number++) intake.take(published(TASKS, bombs[1]));
    return intake;
  };

  for (const [name, pack] of [["zstd", zstdCompressSync], ["gzip", gzipSync]] as const) {
    test(`large batches of its neighbours in ${name} are read while it sends bombs`, () => {
      const intake = bombed();
      for (let round = 0; round < 5; round++) {
        for (let number = 0; number < 5; number++) intake.take(published(TASKS, bombs[number % 2]));
        const packed = backlogOf("honest-0", pack);
        assert.equal(intake.take(published(TASKS, packed)).length, 1_000);
      }
      assert.ok([...intake.refusals.counts()].every(({ agent }) => agent === null));
    });
  }

  test("bombs that begin with a neighbour's name are read within bounds, and at the cost of that name alone", () => {
    const intake = bombed();
    const forged = zstdCompressSync(Buffer.concat([
      Buffer.from('[{"proplet_id":"honest-0",'),
      Buffer.alloc(16 * MEBIBYTE, 0x20),
    ]));
    const before = intake.readBytes;
    for (let number = 0; number < 1_000; number++) intake.take(published(TASKS, forged));
    // 16 MiB, the one that goes beyond it, and then 64 KiB each.
    const most = 16 + 8 + 1_000 / 16;
    assert.ok(intake.readBytes - before <= most * MEBIBYTE, `${(intake.readBytes - before) / MEBIBYTE} MiB`);
    assert.equal(intake.take(published(TASKS, backlogOf("honest-1", zstdCompressSync))).length, 1_000);
    assert.equal(intake.take(published(TASKS, backlogOf("honest-0", zstdCompressSync))).length, 0);
    assert.equal(intake.take(published(TASKS, batch("honest-0", NOW))).length, 10);
  });

  test("bombs that begin with the names of all are read within bounds of the unit", () => {
    const none = { perSecond: 0, most: 24 * MEBIBYTE };
    const intake = new Intake({ admission: new Admission({ ...LIMITS, claimedBytesOfUnit: none }) });
    const names = Array.from({ length: 100 }, (_, at) => `honest-${at}`);
    for (const name of names) intake.take(published(TASKS, batch(name, NOW)));
    const before = intake.readBytes;
    for (const name of names) {
      intake.take(published(
        TASKS,
        zstdCompressSync(Buffer.concat([
          Buffer.from(`[{"proplet_id":"${name}",`),
          Buffer.alloc(16 * MEBIBYTE, 0x20),
        ])),
      ));
    }
    const most = 24 + 8 + 100 / 16;
    assert.ok(intake.readBytes - before <= most * MEBIBYTE, `${(intake.readBytes - before) / MEBIBYTE} MiB`);
  });

  test("an agent that its topic names, and that has used up its bytes, is not even looked at", () => {
    const admission = new Admission({ ...ADMISSION_LIMITS, bytes: { perSecond: 1_000, most: 100_000 } });
    const intake = new Intake({ admission });
    intake.take(published(`${TASKS}/bad`, taskMessage({ proplet_id: "bad" })));
    intake.take(published(`${TASKS}/bad`, bombs[0]));
    const before = intake.readBytes;
    for (let number = 0; number < 10_000; number++) intake.take(published(`${TASKS}/bad`, bombs[0]));
    assert.equal(intake.readBytes, before);
    assert.equal(intake.refusals.totals.get("rate"), 10_000);
    assert.equal(intake.take(published(TASKS, batch("honest", NOW))).length, 10);
  });

  const many = (name: (at: number) => string) =>
    Array.from({ length: 100 }, (_, at) => taskMessage({ proplet_id: name(at), task_id: `task-${at}` }));

  test("at the topic of all a large message is refused by its beginning once its sender may send no more", () => {
    const admission = new Admission({ ...ADMISSION_LIMITS, messages: { perSecond: 0, most: 50 } });
    const intake = new Intake({ admission });
    const send = () =>
      intake.take(published(TASKS, gzipSync(JSON.stringify(many(() => "bad")), { level: 0 })));
    // Who is not known yet is charged for nothing.
    assert.deepEqual([send().length, send().length], [100, 100]);
    const { readBytes } = intake;
    for (let number = 0; number < 10; number++) assert.deepEqual(send(), []);
    assert.equal(intake.readBytes, readBytes);
    assert.deepEqual(
      [...intake.refusals.counts()].map(({ agent, reason, count }) => [agent, reason, count]),
      [
        ["bad", "rate", 10],
      ],
    );
    assert.equal(intake.take(published(TASKS, batch("honest", NOW))).length, 10);
  });

  test("a large message that begins with the name of another is paid by the allowance of that name", () => {
    const intake = new Intake({
      admission: new Admission({
        ...ADMISSION_LIMITS,
        unnamedBytes: { perSecond: 0, most: 1 },
        claimedBytes: { perSecond: 0, most: 1_000_000 },
      }),
    });
    intake.take(published(TASKS, batch("honest", NOW)));
    const room = " ".repeat(400_000);
    const forged = (at: number) =>
      gzipSync(
        `[{"proplet_id":"honest"${room}},${JSON.stringify(taskMessage({ proplet_id: `new-${at}` }))}]`,
      );
    const { readBytes } = intake;
    for (let at = 0; at < 20; at++) intake.take(published(TASKS, forged(at)));
    assert.ok(intake.readBytes - readBytes < 2_000_000, `${intake.readBytes - readBytes}`);
    assert.equal(intake.take(published(TASKS, batch("honest", NOW))).length, 10);
  });

  test("once nothing may be unknown, strangers are refused by the first of them, and nameless ones are short", () => {
    const none = { perSecond: 0, most: 1 };
    const limits = { ...ADMISSION_LIMITS, newAgents: { perSecond: 0, most: 101 }, unnamedBytes: none };
    const intake = new Intake({ admission: new Admission(limits) });
    assert.equal(intake.take(published(TASKS, batch("honest", NOW))).length, 10);
    const send = (body: unknown) => intake.take(published(TASKS, body)).length;
    assert.equal(send(many((at) => `first-${at}`)), 100);
    const { readBytes } = intake;
    assert.equal(send(many((at) => `second-${at}`)), 0);
    assert.equal(intake.readBytes, readBytes);
    assert.equal(send({ padding: "x".repeat(4_097), proplet_id: "honest" }), 0);
    assert.deepEqual([...intake.refusals.totals], [["new_agents", 1], ["payload_size", 1]]);
    assert.equal(send(many(() => "honest")), 100);
    assert.equal(send(taskMessage({ padding: "x".repeat(1_000), proplet_id: "honest" })), 1);
  });

  test("a large message by another's name at a topic of its own is refused by its beginning", () => {
    const intake = new Intake();
    const send = (name: string) => intake.take(published(`${TASKS}/bad`, many(() => name))).length;
    assert.equal(send("bad"), 100);
    const { readBytes } = intake;
    assert.deepEqual([send("honest"), send("another")], [0, 0]);
    assert.equal(intake.readBytes, readBytes);
    assert.deepEqual(
      [...intake.refusals.counts()].map(({ agent, reason, count }) => [agent, reason, count]),
      [
        ["bad", "forgery", 2],
      ],
    );
    assert.equal(intake.take(published(`${TASKS}/a b`, many(() => "a b"))).length, 100);
  });

  test("one that goes by its neighbour's name at a topic of its own is told by its own", () => {
    const found = besides(() => [`${TASKS}/bad`, batch("honest-1", NOW + 60_000)], true);
    assert.deepEqual([found.honest, found.faultsOfNeighbours], [ALL, 0]);
  });
});
