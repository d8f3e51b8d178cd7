import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Raw, unknownRow } from "../../../../core/measure/raw.ts";
import { ignoresChildren, parseProcStatus } from "../../../../platform/linux/proc/proc_status.ts";
import { bytes, CAPTURED, captured } from "../../../support/captured.ts";

function parse(text: Uint8Array) {
  const row = unknownRow();
  const whole = parseProcStatus(text, text.length, row);
  const { peakMemoryBytes, voluntarySwitches, involuntarySwitches } = Raw;
  return { whole, values: [row[peakMemoryBytes], row[voluntarySwitches], row[involuntarySwitches]] };
}

test("a captured process: its peak in bytes and its context switches", () => {
  assert.deepEqual(parse(captured("plain", "status")), { whole: true, values: [10_928 * 1_024, 3, 8] });
});

test("a zombie and a kernel thread have no peak, but context switches", () => {
  for (const name of ["zombie", "kernel_thread"]) {
    const { whole, values } = parse(captured(name, "status"));
    assert.ok(whole, name);
    assert.ok(Number.isNaN(values[0]), name);
    assert.ok(values[1] >= 1 && values[2] >= 0, `${name}: ${values}`);
  }
});

test("an odd name on the first line misleads nobody", () => {
  for (const name of ["newline", "not_utf8", "blanks_and_parentheses"]) {
    const { whole, values } = parse(captured(name, "status"));
    assert.ok(whole, name);
    assert.ok(values[0] > 1e6, name);
  }
});

test("what is cut before the last number is refused", () => {
  for (const name of CAPTURED) {
    const text = captured(name, "status");
    const key = "nonvoluntary_ctxt_switches:\t";
    const end = new TextDecoder("latin1").decode(text).lastIndexOf(key) + key.length;
    assert.ok(end > key.length);
    for (let length = 0; length <= end; length += 7) {
      assert.equal(parse(text.subarray(0, length)).whole, false, name);
    }
  }
});

test("an ignored SIGCHLD is seen in the mask of ignored signals, and only there", () => {
  const status = (blocked: string, ignored: string) =>
    bytes(`SigBlk:\t${blocked}\nSigIgn:\t${ignored}\nSigCgt:\t${blocked}\n`);
  const ignores = (text: Uint8Array) => ignoresChildren(text, text.length);
  const [none, child, all] = ["0000000000000000", "0000000000010000", "fffffffffffaffff"];
  assert.equal(ignores(status(none, child)), true);
  assert.equal(ignores(status(child, none)), false);
  assert.equal(ignores(status(none, "0000000100000000")), false);
  assert.equal(ignores(status(all, "fffffffffffeffff")), false);
  assert.equal(ignores(bytes("")), false);
});

test("fuzz: any bytes are taken or refused", () => {
  const lines = fc.array(
    fc.tuple(
      fc.constantFrom("VmHWM:", "voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:", "SigIgn:", "x"),
      fc.string({ maxLength: 12 }),
    ),
  ).map((all) => bytes(all.map(([key, value]) => `${key}${value}\n`).join("")));
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), lines), (text) => {
    assert.equal(typeof parse(text).whole, "boolean");
    assert.equal(typeof ignoresChildren(text, text.length), "boolean");
  }));
});
