import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../../fleet/state/incoming.ts";
import type { Arrival } from "../../../fleet/model/arrival.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";

const unit: UnitKey = "d/c";
const neverFails = (_: unknown, error: unknown) => {
  throw error;
};

function deliveries(count: number, bytes: number) {
  return Array.from({ length: count }, (_, n) => ({
    topic: `m/d/c/c/control/proplet/alive/${n}`,
    payload: new Uint8Array(bytes),
    receivedAt: n,
    isRetained: n % 2 === 1,
  }));
}

function arrivalOf(n: number): Arrival {
  const sender = { unit, propletId: `agent-${n}`, agentId: null };
  return { kind: "end", sender, taskId: "t", time: n, error: null };
}

test("what has come is read when it is asked for, once, and is in the journal as it came", () => {
  const read: number[] = [];
  const unread = new Unread(({ receivedAt }: { receivedAt: number } & ReturnType<typeof deliveries>[0]) => {
    read.push(receivedAt);
    return receivedAt === 2 ? [] : [arrivalOf(receivedAt)];
  }, neverFails);
  const given = deliveries(3, 10);
  const taken = given.map((delivery) => unread.take(delivery));
  assert.deepEqual(read, []);
  assert.deepEqual(taken.map(({ arrivals }) => arrivals.length), [1, 1, 0]);
  const entries = taken.map(({ entry }) => {
    const { unit, topic, payload, receivedAt, isRetained } = entry;
    return { unit, topic, payload, receivedAt, isRetained };
  });
  assert.deepEqual(entries, given.map((delivery, n) => ({ unit: n === 2 ? "/" : unit, ...delivery })));
  assert.deepEqual(read, [0, 1, 2]);
});

test("no more than a quarter of a mebibyte lies unread, and all is read in its order", () => {
  const read: number[] = [];
  const unread = new Unread((delivery: ReturnType<typeof deliveries>[0]) => {
    read.push(delivery.receivedAt);
    return [];
  }, neverFails);
  const taken = deliveries(1_000, 1 << 10).map((delivery) => {
    const incoming = unread.take(delivery);
    assert.ok(delivery.receivedAt - read.length < 257, `${read.length} are read of ${delivery.receivedAt}`);
    return incoming;
  });
  assert.equal(read.length, 257 * 3);
  // The journal's write reads the rest.
  for (const { arrivals } of taken) assert.equal(arrivals.length, 0);
  assert.deepEqual(read, Array.from({ length: 1_000 }, (_, n) => n));
});

test("a large one is read as it comes, and what lies unread before it", () => {
  const read: number[] = [];
  const unread = new Unread((delivery: ReturnType<typeof deliveries>[0]) => {
    read.push(delivery.receivedAt);
    return [];
  }, neverFails);
  const [first, second, third] = deliveries(3, 8 << 10);
  unread.take(first);
  unread.take(second);
  assert.deepEqual(read, []);
  unread.take({ ...third, payload: new Uint8Array((8 << 10) + 1) });
  assert.deepEqual(read, [0, 1, 2]);
});

test("what cannot be read tells nothing, is told of once, and holds up none of the others", () => {
  const failed: [at: number, error: string][] = [];
  const unread = new Unread(
    ({ receivedAt }: ReturnType<typeof deliveries>[0]) => {
      if (receivedAt % 2 === 1) throw new RangeError(`not ${receivedAt}`);
      return [arrivalOf(receivedAt)];
    },
    ({ receivedAt }, error) => failed.push([receivedAt, String(error)]),
  );
  const taken = deliveries(4, 1 << 10).map((delivery) => unread.take(delivery));
  const failures = [[1, "RangeError: not 1"], [3, "RangeError: not 3"]];
  assert.deepEqual(taken.map(({ arrivals }) => arrivals.length), [1, 0, 1, 0]);
  assert.deepEqual(failed, failures);
});
