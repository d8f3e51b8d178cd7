import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseSize } from "../../core/size.ts";
import { assertRefused } from "../support/expect.ts";

describe("parseSize", () => {
  test("reads every unit, as powers of 1024", () => {
    const sizes = { "65536B": 65_536, "4K": 4_096, "512M": 536_870_912, "2G": 2 ** 31, "1T": 2 ** 40 };
    for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseSize(text, "--limit"), bytes, text);
    assert.equal(parseSize("512MiB", "--limit"), parseSize("512M", "--limit"));
    assert.equal(parseSize("1.5G", "--limit"), 1.5 * 2 ** 30);
  });

  test("reads names with a B as what they say: GB by 1000, GiB by 1024", () => {
    const sizes = { "1kB": 1e3, "1KB": 1e3, "500MB": 5e8, "1.5GB": 1.5e9, "2TB": 2e12, "1KiB": 1_024 };
    for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseSize(text, "--limit"), bytes, text);
    assert.equal(parseSize("1GiB", "--limit"), 2 ** 30);
  });

  test("refuses a bare number and proposes two units", () => {
    assertRefused(() => parseSize("512", "--limit"), "usage", "--limit", '"512M" or "512B"');
  });

  test("refuses what is not a size, zero, and more than there can be", () => {
    for (const text of ["", "M", "-1M", "1e3M", "512Mb", "512m", "1k", "1kiB", "1EB", "1 G", "1.5B"]) {
      assertRefused(() => parseSize(text, "--limit"), "usage", `"${text}" is not a size`);
    }
    assertRefused(() => parseSize("0M", "--limit"), "usage", '"0M" is zero');
    assertRefused(() => parseSize("99999999T", "--limit"), "usage", "more than any machine has");
  });
});
