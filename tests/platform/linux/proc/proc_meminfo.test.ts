import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseMeminfo } from "../../../../platform/linux/proc/proc_meminfo.ts";
import { bytes } from "../../../support/captured.ts";
import { hostFile } from "../../../support/hosts.ts";

const parse = (text: string) => parseMeminfo(bytes(text), bytes(text).length);

test("/proc/meminfo of a machine with swap", () => {
  assert.deepEqual(parse(hostFile("storage_server", "meminfo")), {
    totalBytes: 1_056_429_112 * 1_024,
    freeBytes: 20_977_684 * 1_024,
    availableBytes: 528_214_556 * 1_024,
    buffersBytes: 812_345 * 1_024,
    cachedBytes: 301_526_124 * 1_024,
    swapTotalBytes: 8_388_604 * 1_024,
    swapFreeBytes: 6_291_453 * 1_024,
  });
});

test("Cached is not SwapCached, whichever comes first", () => {
  const memory = parse("MemTotal: 9 kB\nSwapCached: 5 kB\nCached: 7 kB\n")!;
  assert.equal(memory.cachedBytes, 7 * 1_024);
});

test("what a kernel does not tell is null, and a kernel without swap has none", () => {
  const memory = parse("MemTotal:        2048 kB\nMemFree: 1024 kB\n")!;
  assert.equal(memory.totalBytes, 2_097_152);
  assert.equal(memory.freeBytes, 1_048_576);
  for (const key of ["availableBytes", "buffersBytes", "cachedBytes"] as const) {
    assert.equal(memory[key], null);
  }
  assert.equal(memory.swapTotalBytes, 0);
});

test("without a total there is nothing", () => {
  for (const text of ["", "MemFree: 1 kB\n", "garbage"]) assert.equal(parse(text), null);
});

test("fuzz: any bytes give bytes or null, and never NaN", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (one, other) => {
    const memory = parse(`${one}\nMemTotal: 5 kB\n${other}`);
    for (const value of Object.values(memory ?? {})) assert.ok(value === null || Number.isInteger(value));
  }));
});
