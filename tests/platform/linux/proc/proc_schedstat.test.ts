import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  parseBlockIoTicks,
  parseRunQueueNanoseconds,
} from "../../../../platform/linux/proc/proc_schedstat.ts";
import { bytes, CAPTURED, captured } from "../../../support/captured.ts";

const queue = (text: string) => parseRunQueueNanoseconds(bytes(text), bytes(text).length);
const stat = (text: Uint8Array) => parseBlockIoTicks(text, text.length);

test("the wait for a CPU is the second number, in nanoseconds", () => {
  assert.equal(queue("176088 115293 2\n"), 115293);
});

test("property: a rendered schedstat gives back its wait; one that is cut gives none", () => {
  const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(number, number, number, (ran, waited, slices) => {
    const text = `${ran} ${waited} ${slices}\n`;
    assert.equal(queue(text), waited);
    for (let length = 0; length <= `${ran} ${waited} `.length; length++) {
      assert.equal(queue(text.slice(0, length)), NaN, `cut at ${length}`);
    }
  }));
});

test("the wait for block devices is field 42 of stat, in ticks, whatever the name is", () => {
  for (const process of CAPTURED) {
    const text = captured(process, "stat");
    // By hand: latin1 keeps every byte a letter, and the fields begin behind the last parenthesis.
    const letters = String.fromCharCode(...text);
    const fields = letters.slice(letters.lastIndexOf(")") + 2).trim().split(" ");
    assert.equal(stat(text), Number(fields[42 - 3]), process);
    fields[42 - 3] = "1234";
    const changed = `${letters.slice(0, letters.lastIndexOf(")") + 2)}${fields.join(" ")}\n`;
    assert.equal(stat(Uint8Array.from(changed, (letter) => letter.charCodeAt(0))), 1234, process);
  }
});

test("property: no bytes make either fail", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (text) => {
    assert.equal(typeof stat(text), "number");
    assert.equal(typeof parseRunQueueNanoseconds(text, text.length), "number");
  }));
});

test("a stat file that is cut before the field says nothing", () => {
  const text = captured("plain", "stat");
  const letters = String.fromCharCode(...text);
  const end = letters.split(" ").slice(0, 41).join(" ").length;
  for (let length = 0; length <= end; length++) assert.equal(stat(text.subarray(0, length)), NaN);
});
