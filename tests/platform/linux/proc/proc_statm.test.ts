/* /proc/PID/statm: the cheap way to CPU and memory. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { Raw } from "../../../../core/measure/raw.ts";
import { Look } from "../../../../platform/mod.ts";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { parseResidentPages } from "../../../../platform/linux/proc/proc_statm.ts";

const text = (line: string) => new TextEncoder().encode(line);

test("resident pages are the second number", () => {
  const line = text("5000 1234 900 1 0 300 0\n");
  assert.equal(parseResidentPages(line, line.length), 1234);
  assert.ok(Number.isNaN(parseResidentPages(text("5000\n"), 5)));
});

/** getrusage(2) counts what other threads of ours are using at this moment with the next tick of the kernel's. */
function settle(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

test("without counters a look gives CPU and memory, as /proc has them", () => {
  const wanted = { counters: false, io: false, switches: false, fileDescriptors: false };
  const reader = LinuxProcessReader.open(process.pid, wanted);
  assert.ok(reader);
  settle();
  const began = process.cpuUsage();
  // As of now: what it read when it was opened lies before the pause, in which other threads of the runtime work.
  reader.look(false);
  const before = reader.cpuSeconds;
  const used = () => (process.cpuUsage(began).user + process.cpuUsage(began).system) / 1e6;
  while (used() < 0.06);
  assert.equal(reader.look(false), Look.moved);
  const seen = reader.cpuSeconds - before;
  settle();
  assert.ok(seen >= 0.058 && seen <= used() + 0.002, `${seen} s for ${used()} s`);
  const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1_024;
  assert.ok(Math.abs(reader.row[Raw.memoryBytes] - resident) < resident * 0.05);
  reader.close();
});
