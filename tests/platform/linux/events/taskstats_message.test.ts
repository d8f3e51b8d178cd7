import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  delaysRequest,
  familyRequest,
  parseAnswer,
  parseFamily,
  parseMemoryWaitNanoseconds,
  parseThreadAccounts,
  registration,
} from "../../../../platform/linux/events/taskstats_message.ts";
import { datagram, viewOf } from "./support/datagram.ts";

const parsed = (view: DataView) => parseThreadAccounts(view, 0, view.byteLength);
/** Where the struct begins: behind two headers, a number and two heads of attributes. */
const STRUCT = 36;
/** Of a datagram with one struct of version 16. */
const WHOLE = 596;

describe("captured accounts", () => {
  test("of the main thread, which wrote 5 MiB and had 30 MiB", () => {
    const accounts = parsed(datagram("last_accounts"))!;
    assert.deepEqual([accounts.pid, accounts.threadId, accounts.name], [29_913, 29_913, "python3"]);
    assert.equal(accounts.ioWriteBytes, 5 << 20);
    assert.ok(accounts.peakMemoryBytes > 30 << 20 && accounts.peakMemoryBytes < 60 << 20);
    assert.equal(accounts.executableId, "65024:26723");
    assert.equal(accounts.isForkOnly, false);
    assert.ok(accounts.cpuSeconds > 0.05 && accounts.cpuSeconds < 1);
    assert.ok(Math.abs(accounts.cpuSeconds - accounts.tickedSeconds) < 0.05);
    assert.ok(accounts.minorFaults > (30 << 20) / 4_096);
  });

  test("of another thread name its process", () => {
    const accounts = parsed(datagram("thread_accounts"))!;
    assert.deepEqual([accounts.pid, accounts.threadId], [29_913, 30_030]);
    assert.equal(accounts.ioWriteBytes, 0);
  });
});

/** The same accounts as a kernel of version 15 sent them: two words more after each of six pairs of delays. */
function asVersion15(): DataView {
  const struct = new Uint8Array(datagram("thread_accounts").buffer).subarray(STRUCT);
  const moved = new Uint8Array(struct.length);
  const copy = (from: number, to: number, shift: number) =>
    moved.set(struct.subarray(from, to), from + shift);
  copy(0, 64, 0);
  copy(64, 312, 48);
  copy(344, 352, 80);
  copy(368, 400, 96);
  const view = datagram("thread_accounts");
  new Uint8Array(view.buffer).set(moved, STRUCT);
  view.setUint16(STRUCT, 15, true);
  return view;
}

test("version 15, as long as 16, is read at its own places", () => {
  assert.deepEqual(parsed(asVersion15()), parsed(datagram("thread_accounts")));
});

test("version 11, which does not name the process, is none", () => {
  const view = datagram("thread_accounts");
  view.setUint16(STRUCT, 11, true);
  assert.equal(parsed(view), null);
});

describe("the wait for memory", () => {
  /** Delays at the places of include/uapi/linux/taskstats.h, in seconds. */
  const [SWAPIN, RECLAIM, THRASHING, COMPACTION] = [2, 4, 3, 8];

  function withDelays(version: number, at: readonly number[]): number | null {
    const view = datagram("thread_accounts");
    view.setUint16(STRUCT, version, true);
    [SWAPIN, RECLAIM, THRASHING, COMPACTION].forEach((seconds, index) => {
      view.setBigUint64(STRUCT + at[index], BigInt(seconds) * 1_000_000_000n, true);
    });
    return parseMemoryWaitNanoseconds(view, 0, view.byteLength);
  }

  test("is that for swap or for pages that were taken away, for reclaim and compaction", () => {
    // What is read back from swap may have been taken away too early, and is counted as both.
    const sum = (Math.max(SWAPIN, THRASHING) + RECLAIM + COMPACTION) * 1e9;
    for (const version of [11, 12, 14, 16]) assert.equal(withDelays(version, [56, 320, 336, 360]), sum);
    assert.equal(withDelays(15, [88, 368, 400, 440]), sum);
    assert.equal(withDelays(10, [56, 320, 336, 360]), null);
  });

  test("is asked for by the number of the thread", () => {
    const request = viewOf(delaysRequest(0x1b, 4_711));
    assert.deepEqual([request.getUint32(0, true), request.byteLength], [28, 28]);
    assert.deepEqual([request.getUint16(4, true), request.getUint32(24, true)], [0x1b, 4_711]);
    assert.equal(parseMemoryWaitNanoseconds(datagram("family"), 0, datagram("family").byteLength), null);
  });
});

test("the family's number, and that we are registered", () => {
  const family = datagram("family");
  assert.ok(parseFamily(family, 0, family.byteLength)! >= 0x10);
  const answer = datagram("registered");
  assert.equal(parseAnswer(answer, 0, answer.byteLength), 0);
  answer.setInt32(16, -22, true);
  assert.equal(parseAnswer(answer, 0, answer.byteLength), 22);
  assert.equal(parseFamily(answer, 0, answer.byteLength), null);
});

test("requests have the length they say, and texts that end", () => {
  for (const request of [familyRequest(), registration(30, "0-127")]) {
    assert.equal(viewOf(request).getUint32(0, true), request.length);
    assert.equal(request.length % 4, 0);
    assert.equal(request.at(-1), 0);
  }
});

test("accounts that are cut short are none", () => {
  const whole = new Uint8Array(datagram("thread_accounts").buffer);
  assert.equal(whole.length, WHOLE);
  for (let length = 0; length < WHOLE; length++) {
    assert.equal(parsed(viewOf(whole.subarray(0, length))), null, `cut at ${length}`);
  }
});

test("fuzz: any bytes, and accounts with any of theirs changed, are accounts or none", () => {
  const whole = new Uint8Array(datagram("last_accounts").buffer);
  const changed = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  fc.assert(fc.property(fc.array(changed, { maxLength: 20 }), fc.nat(2_000), (changes, length) => {
    const bytes = whole.slice();
    for (const [at, value] of changes) bytes[at] = value;
    const accounts = parseThreadAccounts(viewOf(bytes), 0, length);
    assert.ok(accounts === null || typeof accounts.name === "string");
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1_000 }), (bytes) => {
    const accounts = parsed(viewOf(bytes));
    assert.ok(accounts === null || typeof accounts.name === "string");
  }));
});
