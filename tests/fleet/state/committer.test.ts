import assert from "node:assert/strict";
import { test } from "node:test";
import { Committer } from "../../../fleet/state/committer.ts";
import { ReservedNumbers } from "../../../fleet/state/numbers.ts";
import type { JournalEntry, Store } from "../../../fleet/store/contract.ts";
import { emptyFleet, sample, UNIT } from "../support/arrivals.ts";

const entry: JournalEntry = {
  unit: UNIT,
  topic: "m/factory/c/line",
  receivedAt: 0,
  payload: new Uint8Array(1),
  isRetained: false,
};

/** A committer over a journal that refuses so often. */
function committing(refusals: number, writeMs = 0) {
  const writes: { readonly began: number; readonly ended: number }[] = [];
  const lines: string[] = [];
  const acknowledged: number[] = [];
  let sequence = 0;
  let told = () => {};
  const store = {
    // deno-lint-ignore require-await
    append: async (entries: readonly JournalEntry[]) => {
      const began = performance.now();
      // As SQLite does, it holds the thread.
      while (performance.now() - began < writeMs);
      writes.push({ began, ended: performance.now() });
      if (refusals-- > 0) throw new Error("no space left on the device");
      return sequence += entries.length;
    },
    // deno-lint-ignore require-await
    reserve: async () => 1,
  } as unknown as Store;
  const source = {
    acknowledge: (deliveries: readonly number[]) => {
      for (const one of deliveries) acknowledged.push(one);
      told();
    },
    pause: () => {},
    resume: () => {},
  };
  const state = emptyFleet();
  const committer = new Committer<number>(
    state,
    store,
    new ReservedNumbers(store),
    source,
    0,
    (level, line) => lines.push(`${level} ${line}`),
  );
  const until = async (count: number) => {
    while (acknowledged.length < count) await new Promise<void>((resolve) => told = resolve);
  };
  return { committer, state, lines, acknowledged, until, writes };
}

test("however much has come while nothing could be written, all of it is written afterwards, in its order", async () => {
  const { committer, lines, acknowledged, until } = committing(1);
  const count = 200_000;
  const arrivals = [sample(1, { cpu_seconds: 1 })];
  for (let n = 0; n < count; n++) committer.take({ delivery: n, entry, arrivals });
  await until(count);
  assert.ok(acknowledged.every((one, n) => one === n));
  assert.deepEqual(lines, [
    "error no space left on the device; what comes waits at the broker meanwhile",
    "info the store can be written again",
  ]);
  assert.equal(committer.waitingBytes, 0);
  await committer.close();
});

test("what tells nothing is acknowledged without a word of the store", async () => {
  const { committer, lines, until } = committing(Infinity);
  committer.take({ delivery: 1, entry, arrivals: [] });
  await until(1);
  assert.deepEqual(lines, []);
  await committer.close();
});

test("a listener that fails takes nothing back of what came", async () => {
  const { committer, state, lines, until } = committing(0);
  const stop = state.listen({
    change: () => {
      throw new Error("it is broken");
    },
  });
  committer.take({ delivery: 1, entry, arrivals: [sample(1, { cpu_seconds: 1 })] });
  await until(1);
  stop();
  committer.take({ delivery: 2, entry, arrivals: [sample(2, { cpu_seconds: 2 })] });
  await until(2);
  await committer.close();
  assert.equal(committer.sequence, 2);
  assert.equal(state.counts.samples, 1);
  assert.deepEqual(lines, ["error a message to m/factory/c/line cannot be applied: it is broken"]);
});

test("a slow disk holds us a tenth of the time, and nobody up for more than a second", async () => {
  const { committer, acknowledged, until, writes } = committing(0, 60);
  const feeding = setInterval(() => committer.take({ delivery: 0, entry, arrivals: [sample(1, {})] }), 5);
  await until(3);
  while (writes.length < 3) await until(acknowledged.length + 1);
  clearInterval(feeding);
  for (const n of [1, 2]) {
    const gathered = writes[n].began - writes[n - 1].ended;
    assert.ok(gathered > 400, `${gathered} ms after a write of 60 ms`);
  }
  await committer.close();
});

test("what fails when it is asked what it tells is reported, and tried again as what cannot be written is", async () => {
  const { committer, lines, acknowledged, until } = committing(0);
  let failures = 1;
  const broken = {
    delivery: 1,
    entry,
    get arrivals() {
      if (failures-- > 0) throw new RangeError("no stack");
      return [];
    },
  };
  committer.take(broken);
  committer.take({ delivery: 2, entry, arrivals: [sample(1, { cpu_seconds: 1 })] });
  await until(2);
  assert.deepEqual(acknowledged, [1, 2]);
  assert.deepEqual(lines, [
    "error no stack; what comes waits at the broker meanwhile",
    "info the store can be written again",
  ]);
  await committer.close();
});
