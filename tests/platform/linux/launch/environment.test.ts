import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, hostname, totalmem } from "node:os";
import { test } from "node:test";
import { environmentSchema } from "../../../../core/schema/record.ts";
import { linux } from "../../../../platform/linux/mod.ts";
import { assertNear } from "../../../support/expect.ts";

test("the machine is described as the kernel does, and valid in a record", () => {
  const environment = linux.environment();
  environmentSchema.parse(environment);
  assert.equal(environment.host_name, hostname());
  assert.equal(environment.kernel, `Linux ${readFileSync("/proc/sys/kernel/osrelease", "utf8").trim()}`);
  assert.equal(
    environment.online_cpu_count,
    Number(spawnSync("getconf", ["_NPROCESSORS_ONLN"], { encoding: "utf8" }).stdout),
  );
  const { model } = cpus()[0];
  assert.equal(environment.cpu_model, model === "unknown" ? null : model.trim());
  const total = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))![1];
  assert.equal(environment.memory_total_bytes, Number(total) * 1_024);
  assertNear(environment.memory_total_bytes!, totalmem(), 0, 4_096, "memory of the machine");
});

test("a limit is reported only where it binds", () => {
  const { memory_limit_bytes, memory_total_bytes, cpu_quota_cores } = linux.environment();
  if (memory_limit_bytes !== null) assert.ok(memory_limit_bytes < memory_total_bytes!);
  assert.ok(cpu_quota_cores === null || cpu_quota_cores > 0);
});

test("our own CPU clock goes on while we run, at most as fast as all processors", () => {
  const [cpu, wall] = [linux.ownCpuSeconds(), process.hrtime.bigint()];
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 100_000);
  const used = linux.ownCpuSeconds() - cpu;
  const passed = Number(process.hrtime.bigint() - wall) / 1e9;
  // Tenths of a second of CPU, whatever others of this machine take meanwhile.
  assert.ok(used > 0.09 && used <= passed * linux.environment().online_cpu_count, `${used} s in ${passed} s`);
});

test("each finding of the doctor is a whole one", () => {
  const findings = linux.findings();
  assert.ok(findings.length >= 3);
  for (const { topic, detail, ok, advice } of findings) {
    assert.ok(topic && detail);
    assert.ok(ok || advice === null || advice.length > 0);
  }
});
