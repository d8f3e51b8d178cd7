import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Raw, unknownRow } from "../../../../core/measure/raw.ts";
import { parseProcIo } from "../../../../platform/linux/proc/proc_io.ts";
import { bytes, captured } from "../../../support/captured.ts";

const columns = [Raw.ioReadBytes, Raw.ioWriteBytes, Raw.diskReadBytes, Raw.diskWriteBytes];

function parse(text: Uint8Array) {
  const row = unknownRow();
  const whole = parseProcIo(text, text.length, row);
  return { whole, values: columns.map((column) => row[column]) };
}

test("a captured file", () => {
  assert.deepEqual(parse(captured("plain", "io")), { whole: true, values: [129_349, 67, 4_096, 4_096] });
});

test("property: a rendered file gives back its numbers", () => {
  const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(number, number, number, number, number, (rchar, wchar, calls, read, written) => {
    const text = `rchar: ${rchar}\nwchar: ${wchar}\nsyscr: ${calls}\nsyscw: ${calls}\n` +
      `read_bytes: ${read}\nwrite_bytes: ${written}\ncancelled_write_bytes: 7\n`;
    assert.deepEqual(parse(bytes(text)), { whole: true, values: [rchar, wchar, read, written] });
  }));
});

test("a file that is cut short is refused, and leaves the row alone", () => {
  const text = captured("plain", "io");
  const cut = new TextDecoder().decode(text).indexOf("write_bytes: 4096") + "write_bytes: ".length;
  for (let length = 0; length <= cut; length++) {
    assert.deepEqual(
      parse(text.subarray(0, length)),
      { whole: false, values: [NaN, NaN, NaN, NaN] },
      `cut at ${length}`,
    );
  }
});

test("fuzz: any bytes are taken or refused", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      (text) => assert.equal(typeof parse(text).whole, "boolean"),
    ),
  );
});
