import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "node:test";
import { MachineMeter } from "../../host/machine_meter.ts";
import { ProcessTable } from "../../host/process_table.ts";
import type { HostProcess } from "../../host/process_table.ts";
import { loadHostSource, loadPlatform, loadProcessDirectory } from "../../platform/mod.ts";

const skip = process.platform !== "linux" && "there is no /proc";
const NONE: ReadonlySet<HostProcess> = new Set();

async function withTable(use: (table: ProcessTable) => Promise<void>): Promise<void> {
  const table = new ProcessTable(await loadPlatform(), await loadProcessDirectory());
  try {
    await use(table);
  } finally {
    table.close();
    assert.equal(table.processes.size, 0);
  }
}

const find = (table: ProcessTable, pid: number | undefined) =>
  [...table.processes].find((one) => one.pid === pid);

function ended(child: ChildProcess): Promise<unknown> {
  const over = new Promise((resolve) => child.once("exit", resolve));
  process.kill(child.pid!, "SIGKILL");
  return over;
}

describe("the table of processes", () => {
  test(
    "has every process, with its parent, its command and its memory",
    { skip },
    () =>
      withTable(async (table) => {
        const child = spawn("sleep", ["1234"]);
        table.refresh(performance.now(), NONE);
        // Between fork and exec it is still called as we are.
        for (let waits = 0; find(table, child.pid)?.name !== "sleep" && waits < 500; waits++) {
          await sleep(10);
          table.refresh(performance.now(), table.processes);
        }
        const found = find(table, child.pid)!;
        assert.match(found.command, /sleep 1234$/); // Runtimes differ in whether they give a path.
        assert.equal(found.parentPid, process.pid);
        assert.equal(found.threadCount, 1);
        assert.equal(found.isKernelThread, false);
        // It may not have begun to sleep yet.
        const stat = () =>
          readFileSync(`/proc/${child.pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
        const pages = () => Number(stat()[21]) * 4096; // field 24
        for (let waits = 0; found.memoryBytes !== pages() && waits < 500; waits++) {
          await sleep(10);
          table.refresh(performance.now(), table.processes);
        }
        assert.equal(found.memoryBytes, pages());
        await ended(child);
        table.refresh(performance.now(), NONE);
        assert.equal(find(table, child.pid), undefined);
      }),
  );

  test(
    "measures CPU from one refresh to the next, at once what began in between",
    { skip, timeout: 120_000 },
    () =>
      withTable(async (table) => {
        let last = performance.now();
        table.refresh(last, NONE);
        const burner = spawn("sh", ["-c", "while :; do :; done"]);
        try {
          for (let round = 0; round < 2; round++) {
            const before = find(table, burner.pid)?.cpuSeconds ?? 0;
            await sleep(400);
            const now = performance.now();
            table.refresh(now, NONE);
            const found = find(table, burner.pid)!;
            const used = found.cpuSeconds - before;
            assert.ok(used > 0.02, `${used} s of CPU`);
            assert.ok(Math.abs(found.cpuPercent - used / (now - last) * 1e5) < 1e-6);
            last = now;
          }
        } finally {
          await ended(burner);
        }
      }),
  );

  test(
    "notices what changes of a process that does not run, sooner or later",
    { skip, timeout: 120_000 },
    () =>
      withTable(async (table) => {
        const child = spawn("sleep", ["1234"]);
        try {
          table.refresh(performance.now(), NONE);
          process.kill(child.pid!, "SIGSTOP");
          for (let rounds = 0; find(table, child.pid)?.state !== "T"; rounds++) {
            assert.ok(rounds < 100, "it never stops");
            await sleep(10);
            table.refresh(performance.now(), NONE);
          }
        } finally {
          await ended(child);
        }
      }),
  );
});

test("the meter of the machine agrees with /proc", { skip, timeout: 120_000 }, async () => {
  const directory = await loadProcessDirectory();
  const meter = new MachineMeter(await loadHostSource(), directory);
  assert.equal(meter.moment().cpuPercent, null, "a rate needs two readings");
  await sleep(200);
  const { cpuPercent, memoryTotalBytes, memoryUsedBytes, load, uptimeSeconds } = meter.moment();
  assert.ok(cpuPercent !== null && cpuPercent >= 0 && cpuPercent <= 100);
  const total = /^MemTotal:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  assert.equal(memoryTotalBytes, Number(total) * 1024);
  assert.ok(memoryUsedBytes! > 0 && memoryUsedBytes! < memoryTotalBytes!);
  assert.equal(load?.length, 3);
  assert.ok(Math.abs(uptimeSeconds! - Number(readFileSync("/proc/uptime", "utf8").split(" ")[0])) < 5);
});
