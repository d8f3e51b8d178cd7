import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../host/sysmon/connection.ts";
import { readStill } from "../../../host/sysmon/still_input.ts";
import type { Outbox } from "../../../io/lines/outbox.ts";
import type { StandStill } from "../../../platform/mod.ts";

/** Longer than an answer may take. */
const SILENCE_MS = 400;

test("an answer that takes some turns keeps it standing still, however long the silence before it was", async () => {
  const silence = new Int32Array(new SharedArrayBuffer(4));
  const inputs = [new Uint8Array([1]), new Uint8Array([2]), new Uint8Array()];
  let hasRung = false;
  const still = {
    get hasRung() {
      return hasRung;
    },
    stand(ms: number) {
      // Nothing comes while an answer is under way.
      hasRung = ms > 1_000;
      if (hasRung) Atomics.wait(silence, 0, 0, SILENCE_MS);
      return false;
    },
    read: () => inputs.shift(),
  };
  let turns = 0;
  let received = 0;
  const connection = {
    get isBusy() {
      return turns > 0 && turns-- > 0;
    },
    receive() {
      received++;
      turns = 3;
    },
  };
  const isOver = await readStill(
    still as unknown as StandStill,
    0,
    connection as unknown as Connection,
    { pendingLength: 0 } as Outbox,
    () => false,
  );
  assert.deepEqual([isOver, received], [true, 2]);
});
