import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatDuration, LONGEST_MS, parseDuration, parseTypedDuration } from "../../core/duration.ts";
import { assertRefused } from "../support/expect.ts";

describe("parseDuration", () => {
  test("reads every unit", () => {
    assert.equal(parseDuration("250ms", "--interval"), 250);
    assert.equal(parseDuration("3s", "--interval"), 3_000);
    assert.equal(parseDuration("2m", "--interval"), 120_000);
    assert.equal(parseDuration("1h", "--interval"), 3_600_000);
  });

  test("reads fractions to the number that stands there", () => {
    assert.equal(parseDuration("1.5s", "--interval"), 1_500);
    assert.equal(parseDuration("0.25m", "--interval"), 15_000);
    assert.equal(parseDuration("0.5ms", "--interval"), 0.5);
    assert.equal(parseDuration("1.001s", "--interval"), 1_001);
    assert.equal(parseDuration("2.3m", "--interval"), 138_000);
  });

  test("refuses a bare number and proposes both units", () => {
    assertRefused(
      () => parseDuration("250", "--interval"),
      "usage",
      "--interval",
      '"250"',
      '"250ms" or "250s"',
    );
  });

  test("refuses zero", () => {
    for (const text of ["0s", "0ms", "0.000h"]) {
      assertRefused(
        () => parseDuration(text, "--timeout"),
        "usage",
        "--timeout",
        `"${text}" is zero`,
        "positive",
      );
    }
  });

  test("refuses negative ones, foreign units, blanks and what is not a number", () => {
    for (
      const text of [
        "-5s",
        "",
        " 5s",
        "5 s",
        "5s ",
        "5sec",
        "5d",
        "5us",
        "1e3ms",
        ".5s",
        "5.s",
        "1h30m",
        "NaNs",
      ]
    ) {
      assertRefused(() => parseDuration(text, "--timeout"), "usage", "--timeout: ", `"${text}"`, '"250ms"');
    }
  });

  test("refuses what no timer can hold, and names the longest", () => {
    assert.equal(parseDuration("596h", "x"), 2_145_600_000);
    assert.equal(parseDuration("2147483647ms", "x"), LONGEST_MS);
    for (const text of ["597h", "2147483648ms", "99999999999999999999h", `${"9".repeat(400)}s`]) {
      assertRefused(() => parseDuration(text, "--grace"), "usage", "--grace", text, '"596h"');
    }
  });
});

describe("parseTypedDuration", () => {
  test("reads a bare number as seconds, as timeout(1) does", () => {
    assert.equal(parseTypedDuration("5", "--interval"), 5_000);
    assert.equal(parseTypedDuration("0.25", "--interval"), 250);
    assert.equal(parseTypedDuration("5ms", "--interval"), 5);
  });

  test("refuses what parseDuration refuses, in its words", () => {
    for (const text of ["0", "-5", "", " 5", "5d", "1e3", "0.0"]) {
      assertRefused(
        () => parseTypedDuration(text, "--interval"),
        "usage",
        `--interval: "${text}" is not`,
        '"250ms"',
      );
    }
    assertRefused(() => parseTypedDuration("9999999", "--interval"), "usage", '"596h"');
  });
});

describe("formatDuration", () => {
  test("takes the largest unit that stays whole, else seconds or milliseconds", () => {
    assert.equal(formatDuration(3_600_000), "1h");
    assert.equal(formatDuration(90_000), "90s");
    assert.equal(formatDuration(120_000), "2m");
    assert.equal(formatDuration(1_500), "1.5s");
    assert.equal(formatDuration(250), "250ms");
  });

  test("property: what it writes is read back as the same number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LONGEST_MS }), (ms) => {
        assert.equal(parseDuration(formatDuration(ms), "x"), ms);
      }),
      { numRuns: 2_000, examples: [[1_001], [4_100], [65_536]] },
    );
  });
});

test("property: any text is read as a positive number within the limit, or refused as a usage error", () => {
  const nearDurations = fc.stringMatching(/^-?\d{0,12}(\.\d{0,4})?(ms|s|m|h|d)?$/);
  fc.assert(fc.property(fc.oneof(fc.string(), nearDurations), (text) => {
    let ms: number;
    try {
      ms = parseDuration(text, "where");
    } catch {
      assertRefused(() => parseDuration(text, "where"), "usage", "where: ");
      return;
    }
    assert.ok(ms > 0 && ms <= LONGEST_MS, `${text} became ${ms}`);
  }));
});
