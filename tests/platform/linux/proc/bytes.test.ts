import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  cursor,
  hexadecimalAfter,
  integerAfter,
  key,
  nextDecimal,
  nextInteger,
} from "../../../../platform/linux/proc/bytes.ts";
import { bytes } from "../../../support/captured.ts";

function allIntegers(text: Uint8Array): number[] {
  const found: number[] = [];
  for (let number = nextInteger(text, 0, text.length); !Number.isNaN(number);) {
    found.push(number);
    number = nextInteger(text, cursor.at, text.length);
  }
  return found;
}

describe("nextDecimal", () => {
  test("reads numbers with and without a fraction, and goes on behind them", () => {
    const text = bytes("699.35 7 0.05.5 12.");
    const found = [0, 0, 0, 0, 0].map((_, index) =>
      nextDecimal(text, index === 0 ? 0 : cursor.at, text.length)
    );
    assert.deepEqual(found, [699.35, 7, 0.05, 5, 12]);
    assert.ok(Number.isNaN(nextDecimal(text, cursor.at, text.length)));
  });

  test("property: is the number that is written, to the last bit", () => {
    fc.assert(fc.property(fc.nat(1e9), fc.nat(99), (whole, hundredths) => {
      const text = `${whole}.${String(hundredths).padStart(2, "0")}`;
      assert.equal(nextDecimal(bytes(text), 0, text.length), Number(text));
    }));
  });
});

describe("nextInteger", () => {
  test("goes from number to number, over whatever stands between", () => {
    assert.deepEqual(allIntegers(bytes("12 abc 34\n-5:6 /7")), [12, 34, -5, 6, 7]);
    assert.deepEqual(allIntegers(bytes("")), []);
    assert.deepEqual(allIntegers(bytes("none at all\n")), []);
  });

  test("stops at the end of what was read, not at the end of the buffer", () => {
    assert.equal(nextInteger(bytes("123456"), 0, 3), 123);
    assert.ok(Number.isNaN(nextInteger(bytes("   456"), 0, 3)));
  });

  test("property: reads back any list of integers", () => {
    fc.assert(fc.property(fc.array(fc.maxSafeInteger()), (numbers) => {
      assert.deepEqual(allIntegers(bytes(numbers.join(" "))), numbers.map((number) => number + 0));
    }));
  });

  test("property: ends on any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      assert.ok(allIntegers(noise).length <= noise.length);
    }));
  });
});

describe("integerAfter", () => {
  const text = bytes("user 7\nlong_user 1\nusage 42\nsystem\t 5\n");

  test("finds a key only where it begins a line", () => {
    assert.equal(integerAfter(text, 0, text.length, key("user ")), 7);
    assert.equal(integerAfter(text, 0, text.length, key("usage ")), 42);
    assert.equal(integerAfter(text, 0, text.length, key("system")), 5);
    assert.ok(Number.isNaN(integerAfter(text, 0, text.length, key("sage "))));
    assert.ok(Number.isNaN(integerAfter(text, 0, text.length, key("missing "))));
  });

  test("leaves the cursor behind the number, for the next key in file order", () => {
    integerAfter(text, 0, text.length, key("user "));
    assert.equal(integerAfter(text, cursor.at, text.length, key("usage ")), 42);
    assert.equal(integerAfter(text, cursor.at, text.length, key("system")), 5);
  });

  test("does not read a key that the end cuts off", () => {
    const cut = bytes("usage");
    assert.ok(Number.isNaN(integerAfter(cut, 0, cut.length, key("usage "))));
  });
});

describe("hexadecimalAfter", () => {
  test("gives the low half of a mask", () => {
    const mask = (digits: string) =>
      hexadecimalAfter(bytes(`SigIgn:\t${digits}\n`), 9 + digits.length, key("SigIgn:"));
    assert.equal(mask("0000000000010000"), 1 << 16);
    assert.equal(mask("fffffffe7ffbfeff") >>> 0, 0x7ffbfeff);
    assert.equal(mask("ffffffff80000000") >>> 0, 0x80000000);
  });

  test("is 0 where the line is missing, and never throws", () => {
    assert.equal(hexadecimalAfter(bytes("SigBlk:\tff\n"), 11, key("SigIgn:")), 0);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
      const text = Uint8Array.from([...key("SigIgn:"), ...noise]);
      assert.equal(typeof hexadecimalAfter(text, text.length, key("SigIgn:")), "number");
    }));
  });
});
