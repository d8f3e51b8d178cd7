import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readMachineWaits, throttledUpwards } from "../../../../platform/linux/machine/machine_waits.ts";

test("the throttled time of each cgroup from ours upwards is told, in both versions", () => {
  const sys = mkdtempSync(join(tmpdir(), "proctor-throttled-"));
  const file = (directory: string, text: string) => {
    mkdirSync(join(sys, directory), { recursive: true });
    writeFileSync(join(sys, directory, "cpu.stat"), text);
  };
  try {
    file("fs/cgroup/unified", "usage_usec 5\n");
    file("fs/cgroup/unified/a", "usage_usec 5\nnr_throttled 3\nthrottled_usec 1500000\n");
    file("fs/cgroup/unified/a/b", "usage_usec 5\nnr_throttled 0\nthrottled_usec 0\n");
    file("fs/cgroup/cpu/pod", "nr_periods 6\nnr_throttled 6\nthrottled_time 413059207\n");
    const place = (mount: string, path: string) => ({
      directory: `/sys/fs/cgroup/${mount}${path}`,
      mountPoint: `/sys/fs/cgroup/${mount}`,
    });
    const own = { v2: place("unified", "/a/b"), v1: () => place("cpu", "/pod") };
    assert.deepEqual(throttledUpwards(own, sys), [0, 1.5, 0, 0.413059207, 0]);
    assert.deepEqual(throttledUpwards({ v2: { reason: "none" }, v1: () => null }, sys), []);
  } finally {
    rmSync(sys, { recursive: true });
  }
});

test("steal is the eighth number of the machine's CPU line, in ticks of 10 ms", () => {
  const steal = () => Number(/^cpu +(?:\d+ ){7}(\d+)/.exec(readFileSync("/proc/stat", "utf8"))![1]) / 100;
  const before = steal();
  const { stealSeconds, pressure, throttledSeconds } = readMachineWaits({ pressure: false, quotas: false });
  assert.ok(stealSeconds >= before && stealSeconds <= steal(), `${stealSeconds}`);
  assert.deepEqual([pressure, throttledSeconds], [null, []], "what was not asked for");
});
