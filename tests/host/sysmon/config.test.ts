import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseCacheDuration, parseConfig } from "../../../host/sysmon/config.ts";
import { assertRefused } from "../../support/expect.ts";

describe("the duration of the cache", () => {
  test("is a duration, or none", () => {
    for (
      const [text, ms] of [["500ms", 500], ["1s", 1_000], ["2m", 120_000], ["0", 0], ["0s", 0], [
        "0ms",
        0,
      ]] as const
    ) assert.equal(parseCacheDuration(text, "x"), ms, text);
  });

  test("is seconds or nanoseconds as a number", () => {
    for (
      const [value, ms] of [[1, 1_000], [0.5, 500], [0, 0], [999, 999_000], [1_000_000_000, 1_000]] as const
    ) {
      assert.equal(parseCacheDuration(value, "x"), ms, String(value));
    }
  });

  test("is refused where it makes no sense", () => {
    for (const value of [-1, 1_000, 999_999, NaN, true, {}, [], null, 1e30]) {
      assertRefused(() => parseCacheDuration(value, "file: key"), "usage", "file: key", '"1s"');
    }
    for (const text of ["", "1", "soon", "-1s", "1e3s", "00"]) {
      assertRefused(() => parseCacheDuration(text, "file: key"), "usage", "file: key");
    }
  });
});

describe("the configuration", () => {
  test("is read for our keys, whatever else it holds", () => {
    assert.deepEqual(
      parseConfig({ sysmon_cache_duration: "2s", logging: { level: 1 }, sysmon_other: 5 }, "f"),
      {
        cacheMs: 2_000,
        loopback: undefined,
        networkMounts: undefined,
      },
    );
    assert.deepEqual(parseConfig({ sysmon_loopback: false, sysmon_network_mounts: true }, "f"), {
      cacheMs: undefined,
      loopback: false,
      networkMounts: true,
    });
  });

  test("is refused with the file and the key", () => {
    assertRefused(
      () => parseConfig({ sysmon_cache_duration: "5" }, "f.json"),
      "usage",
      "f.json",
      "sysmon_cache_duration",
    );
    assertRefused(
      () => parseConfig({ sysmon_loopback: "no" }, "f.json"),
      "usage",
      "f.json: sysmon_loopback",
      '"no"',
    );
    for (const input of [null, [], 5, "x"]) {
      assertRefused(() => parseConfig(input, "f.json"), "usage", "f.json", "object");
    }
  });
});
