import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clockFinding,
  parseClockState,
  readClockState,
} from "../../../../platform/linux/machine/clock_state.ts";

/** A struct timex whose status and greatest error (µs) are these. */
function timex(status: number, maxerror: bigint): DataView {
  const view = new DataView(new ArrayBuffer(208));
  view.setBigInt64(24, maxerror, true);
  view.setInt32(40, status, true);
  return view;
}

test("a clock is kept right unless the kernel says that it is not", () => {
  assert.deepEqual(parseClockState(timex(0x2001, 12_300n)), {
    isSynchronised: true,
    mostErrorSeconds: 0.0123,
  });
  assert.deepEqual(parseClockState(timex(0x2041, 16_000_000n)), {
    isSynchronised: false,
    mostErrorSeconds: 16,
  });
});

test("the doctor says who keeps the clock right, or what would", () => {
  const said = (state: Parameters<typeof clockFinding>[0]) => {
    const { ok, detail, advice } = clockFinding(state);
    return [ok, detail, advice !== null];
  };
  assert.deepEqual(said({ isSynchronised: true, mostErrorSeconds: 0.0123 }), [
    true,
    "it is kept right by NTP, within 13 ms",
    false,
  ]);
  assert.deepEqual(said({ isSynchronised: false, mostErrorSeconds: 16 }), [
    false,
    "nothing keeps it right: times may be off by any amount",
    true,
  ]);
  assert.deepEqual(said(null), [false, "the kernel does not say whether it is right", true]);
});

test("the kernel of this machine says so, and nothing impossible", {
  skip: process.platform !== "linux" && "a call of Linux",
}, () => {
  const state = readClockState();
  assert.ok(state !== null && state.mostErrorSeconds >= 0 && state.mostErrorSeconds < 3_600, `${state}`);
});
