import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseRfc3339 } from "../../../fleet/ingest/rfc3339.ts";
import { anyText } from "../support/ingest.ts";

describe("times of RFC 3339", () => {
  test("every time that a Date writes is read back", () => {
    const min = new Date("0000-01-01T00:00:00.000Z");
    const max = new Date("9999-12-31T23:59:59.999Z");
    fc.assert(fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
      assert.equal(parseRfc3339(date.toISOString()), date.getTime());
    }));
  });

  test("offsets, other fractions and small letters", () => {
    const expected: Record<string, string> = {
      "2026-11-29T12:00:00Z": "2026-11-29T12:00:00.000Z",
      "2026-11-29t12:00:00z": "2026-11-29T12:00:00.000Z",
      "2026-11-29 12:00:00+01:30": "2026-11-29T10:30:00.000Z",
      "2026-11-29T12:00:00.123456789-05:00": "2026-11-29T17:00:00.123Z",
      "2026-11-29T12:00:00.5Z": "2026-11-29T12:00:00.500Z",
      "2016-12-31T23:59:60Z": "2017-01-01T00:00:00.000Z",
      "2024-02-29T00:00:00.000Z": "2024-02-29T00:00:00.000Z",
    };
    for (const [text, iso] of Object.entries(expected)) {
      assert.equal(parseRfc3339(text), Date.parse(iso), text);
    }
  });

  test("what is none is NaN", () => {
    const wrong = [
      "",
      "now",
      "2026-11-29",
      "2026-11-29T12:00:00",
      "2026-11-29T12:00:00.000",
      "2023-02-29T00:00:00.000Z",
      "2026-13-01T00:00:00.000Z",
      "2026-00-01T00:00:00.000Z",
      "2026-11-31T00:00:00.000Z",
      "2026-11-29T24:00:00.000Z",
      "2026-11-29T12:60:00.000Z",
      "2026-11-29T12:00:61.000Z",
      "2026-11-29T12:00:00+24:00",
      "2026-11-29T12:00:00+01:60",
      "２０26-11-29T12:00:00.000Z",
      `2026-11-29T12:00:00.${"0".repeat(100)}Z`,
    ];
    for (const text of wrong) assert.ok(Number.isNaN(parseRfc3339(text)), text);
  });

  test("no text throws", () => {
    fc.assert(fc.property(anyText, (text) => void parseRfc3339(text)));
  });
});
