/* Every figure against the kernel's files as the test reads them, and against other programs, in the same second. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Host } from "../../host/host.ts";
import { HostError } from "../../host/host_error.ts";
import { startProgram } from "../cli/support/proctor.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { NO_TIMES, sourceOf } from "./support/source.ts";

const output = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: "utf8" });
const PYTHON = "/usr/bin/python3";
const noPsutil = !hasPsutil() && "python3-psutil is missing";
const noIp = !["/sbin/ip", "/usr/sbin/ip", "/bin/ip", "/usr/bin/ip"].some((path) => existsSync(path)) &&
  "ip (iproute2) is missing";
const MEBIBYTE = 1_048_576;

const proc = (name: string) => readFileSync(`/proc/${name}`, "utf8");
/** Reads anew each time. */
const fresh = () => new Host({ cacheMs: 0 });

function hasPsutil(): boolean {
  try {
    return output(PYTHON, "-c", "import psutil; print(1)") === "1\n";
  } catch {
    return false;
  }
}

/** What psutil says. */
function psutil<T>(expression: string): T {
  return JSON.parse(output(PYTHON, "-c", `import psutil, json; print(json.dumps(${expression}))`));
}

describe("the CPU", () => {
  test("times and usage are those of /proc/stat", { timeout: 120_000 }, async () => {
    const host = fresh();
    const ticks = () => proc("stat").split("\n")[0].split(/\s+/).slice(1).map(Number);
    await host.cpu();
    const before = ticks();
    await host.cpu();
    const start = performance.now();
    while (performance.now() - start < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    const now = ticks();
    const { usage_percent, ...times } = await host.cpu();
    const passed = now.map((value, mode) => value - before[mode]).slice(0, 8);
    const all = passed.reduce((sum, value) => sum + value, 0);
    assertNear(usage_percent!, (all - passed[3] - passed[4]) / all * 100, 0, 10, "usage_percent");
    const names = [
      "user",
      "nice",
      "system",
      "idle",
      "iowait",
      "irq",
      "softirq",
      "steal",
      "guest",
      "guest_nice",
    ];
    assert.deepEqual(Object.keys(times), names);
    names.forEach((name, mode) => assertNear(times[name as "user"], now[mode] / 100, 0, 0.5, name));
  });

  test("one busy core is 100 / cores more", { timeout: 120_000 }, async () => {
    const cores = Number(output("getconf", "_NPROCESSORS_ONLN"));
    const burner = startProgram([fixture("burn_cpu"), "30"], { input: "open" });
    try {
      const host = fresh();
      const usage = async () => {
        await host.cpu();
        await new Promise((resolve) => setTimeout(resolve, 700));
        return (await host.cpu()).usage_percent!;
      };
      const busy = await usage();
      // Others run here too: a busy core is the least, not the most.
      assert.ok(busy >= 0.9 * 100 / cores, `${busy} % of ${cores} CPUs`);
      assert.ok(busy <= 100);
    } finally {
      burner.kill("SIGKILL");
    }
  });

  test("a first call waits for its second reading, and later ones do not", { timeout: 120_000 }, async () => {
    let user = 0;
    const source = sourceOf({ cpuTimes: () => ({ ...NO_TIMES, user: user += 1, idle: 2 * user }) });
    const host = new Host({ cacheMs: 0 }, source);
    const start = performance.now();
    assert.equal((await host.cpu()).usage_percent, 33.33);
    assert.ok(performance.now() - start >= 99, `${performance.now() - start} ms`);
    assert.equal(source.asked.get("cpuTimes"), 2);
    await host.cpu();
    // One that waits asks twice.
    assert.equal(source.asked.get("cpuTimes"), 3);
  });
});

describe("memory", () => {
  test("is that of /proc/meminfo and free", async () => {
    const host = fresh();
    const memory = await host.memory();
    const kilobytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(proc("meminfo"))![1]) * 1_024;
    assert.equal(memory.total, kilobytes("MemTotal"));
    assert.equal(memory.swap_total, kilobytes("SwapTotal"));
    const near = (value: number | null, truth: number, what: string) =>
      assertNear(value!, truth, 0.05, 200 * MEBIBYTE, what);
    near(memory.free, kilobytes("MemFree"), "free");
    near(memory.available, kilobytes("MemAvailable"), "available");
    near(memory.buffers, kilobytes("Buffers"), "buffers");
    near(memory.cached, kilobytes("Cached"), "cached");
    near(memory.swap_free, kilobytes("SwapFree"), "swap_free");
    const [, total, used] = output("free", "-b").split("\n")[1].split(/\s+/).map(Number);
    assert.equal(memory.total, total);
    near(memory.used, used, "used");
    assertNear(memory.usage_percent!, memory.used! / memory.total * 100, 0, 0.01);
    assert.equal(memory.swap_used, memory.swap_total - memory.swap_free);
    if (memory.swap_total === 0) assert.equal(memory.swap_usage_percent, 0);
  });

  test("is that of psutil", { skip: noPsutil, timeout: 120_000 }, async () => {
    const memory = await fresh().memory();
    const { total, available, percent } = psutil<Record<string, number>>("psutil.virtual_memory()._asdict()");
    assert.equal(memory.total, total);
    assertNear(memory.available!, available, 0.05, 200 * MEBIBYTE);
    assertNear(memory.usage_percent!, percent, 0, 2);
    const swap = psutil<Record<string, number>>("psutil.swap_memory()._asdict()");
    assert.equal(memory.swap_total, swap.total);
    assertNear(memory.swap_usage_percent, swap.percent, 0, 1);
  });
});

test("disks are those of df", async () => {
  const { disk } = await fresh().disk();
  const points = Object.keys(disk);
  assert.ok(points.includes("/"));
  for (const point of points) {
    const [size, used, available, percent, type, device] = output(
      "df",
      "-B1",
      "--output=size,used,avail,pcent,fstype,source",
      point,
    ).trim().split("\n")[1].trim().split(/\s+/);
    assert.equal(disk[point].total, Number(size));
    assertNear(disk[point].used, Number(used), 0.02, 500 * MEBIBYTE, "used");
    assertNear(disk[point].available, Number(available), 0.02, 500 * MEBIBYTE, "available");
    // df rounds up.
    assertNear(disk[point].used_percent, parseInt(percent), 0, 2, "used_percent");
    assert.equal(disk[point].file_system, type);
    assert.equal(disk[point].device, device);
  }
});

test("disk I/O is that of /proc/diskstats", async () => {
  const { devices } = await fresh().diskIo();
  const lines = proc("diskstats").trim().split("\n").map((line) => line.trim().split(/\s+/));
  const used = lines.filter((fields) => Number(fields[3]) + Number(fields[7]) > 0);
  assert.deepEqual(Object.keys(devices), used.map((fields) => fields[2]));
  for (const [, , name, reads, , sectors, , writes] of used) {
    assertNear(devices[name].reads, Number(reads), 0.01, 5_000, "reads");
    assertNear(devices[name].writes, Number(writes), 0.01, 5_000, "writes");
    assertNear(devices[name].read_bytes, Number(sectors) * 512, 0.01, 500 * MEBIBYTE, "read_bytes");
  }
});

describe("the network", () => {
  test("is that of ip -s link", { skip: noIp }, async () => {
    const { network, total_rx, total_tx } = await fresh().network();
    interface Direction {
      bytes: number;
      packets: number;
      errors: number;
    }
    const links: { ifname: string; stats64: { rx: Direction; tx: Direction } }[] = JSON.parse(
      output("ip", "-j", "-s", "link"),
    );
    assert.deepEqual(Object.keys(network).sort(), links.map(({ ifname }) => ifname).sort());
    for (const { ifname, stats64 } of links) {
      for (const way of ["rx", "tx"] as const) {
        assertNear(network[ifname][`${way}_bytes`], stats64[way].bytes, 0.01, 10 * MEBIBYTE, ifname);
        assertNear(network[ifname][`${way}_packets`], stats64[way].packets, 0.01, 10_000, ifname);
        assertNear(network[ifname][`${way}_errors`], stats64[way].errors, 0.01, 10, ifname);
      }
    }
    const all = Object.values(network);
    assert.equal(total_rx, all.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0));
    assert.equal(total_tx, all.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0));
  });

  test("is that of psutil, loopback included or not", { skip: noPsutil, timeout: 120_000 }, async () => {
    const received = () => {
      const { lo, ...others } = psutil<Record<string, number[]>>(
        "psutil.net_io_counters(pernic=True, nowrap=False)",
      );
      const ofOthers = Object.values(others).reduce((sum, [, bytes]) => sum + bytes, 0);
      return { withLoopback: ofOthers + (lo?.[1] ?? 0), ofOthers };
    };
    // Other programs may send any amount over the loopback meanwhile.
    const before = received().withLoopback;
    const { total_rx } = await fresh().network();
    const { withLoopback: after, ofOthers } = received();
    assert.ok(total_rx >= before && total_rx <= after, `${before} ${total_rx} ${after}`);
    assertNear((await new Host({ loopback: false }).network()).total_rx, ofOthers, 0.01, 10 * MEBIBYTE);
  });
});

test("load, uptime, processes and pressure are those of /proc", { timeout: 120_000 }, async () => {
  const host = fresh();
  const [load, up, processes, pressure] = await Promise.all([
    host.load(),
    host.uptime(),
    host.processes(),
    host.pressure(),
  ]);
  const [load1, load5, load15, tasks] = proc("loadavg").split(" ");
  assertNear(load.load1, Number(load1), 0.2, 0.3);
  assertNear(load.load5, Number(load5), 0.1, 0.1);
  assertNear(load.load15, Number(load15), 0.1, 0.1);
  assertNear(load.existing_tasks!, Number(tasks.split("/")[1]), 0.1, 30);
  assertNear(load.runnable_tasks!, Number(tasks.split("/")[0]), 0, 30);
  const [uptime, idle] = proc("uptime").split(" ").map(Number);
  assertNear(up.uptime, uptime, 0, 2);
  assertNear(up.idle_time!, idle, 0, 10);
  assertNear(processes.threads, Number(tasks.split("/")[1]), 0.1, 30, "threads");
  const { processes_running, processes_sleeping, processes_stopped, processes_zombie } = processes;
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
  assertNear(
    processes_running! + processes_sleeping! + processes_stopped! + processes_zombie!,
    all,
    0.1,
    10,
    "processes",
  );
  assertNear(processes.procs_blocked!, Number(/^procs_blocked (\d+)/m.exec(proc("stat"))![1]), 0, 10);
  for (const resource of ["cpu", "memory", "io"] as const) {
    const total = Number(/^some .*total=(\d+)/m.exec(proc(`pressure/${resource}`))![1]) / 1e6;
    assertNear(pressure[resource]!.some!.total_seconds, total, 0.05, 5, resource);
  }
});

test("the system is that of uname and psutil", { skip: noPsutil, timeout: 120_000 }, async () => {
  const system = await fresh().system();
  assert.equal(`${system.os} ${system.kernel} ${system.platform}\n`, output("uname", "-srm"));
  assert.equal(`${system.hostname}\n`, output("uname", "-n"));
  assert.equal(system.processors, psutil("psutil.cpu_count()"));
  assert.equal(Date.parse(system.boot_time!) / 1_000, psutil("psutil.boot_time()"));
});

test("the metrics are those of the parts", { timeout: 120_000 }, async () => {
  const host = new Host({ cacheMs: 60_000 });
  const metrics = await host.metrics();
  const [cpu, memory, load, up, disk, network] = await Promise.all([
    host.cpu(),
    host.memory(),
    host.load(),
    host.uptime(),
    host.disk(),
    host.network(),
  ]);
  const { disk_usage, disk_total, ...rest } = metrics;
  assert.deepEqual(rest, {
    cpu_usage: cpu.usage_percent,
    memory_usage: memory.usage_percent,
    load_avg: [load.load1, load.load5, load.load15],
    uptime: up.uptime,
    disk: disk.disk,
    swap_usage: memory.swap_usage_percent,
    net_rx: network.total_rx,
    net_tx: network.total_tx,
    network: network.network,
  });
  assert.ok(disk_usage! >= disk.disk["/"].used && disk_total! >= disk.disk["/"].total);
});

describe("the cache", () => {
  const uptime = () => ({ uptimeSeconds: 5, idleSeconds: 1 });

  test("reads the kernel once for calls within it, and gives the same keys", async () => {
    const source = sourceOf({
      uptime,
      load: () => ({ load1: 1, load5: 2, load15: 3, runnableTasks: 4, existingTasks: 5 }),
    });
    const host = new Host({ cacheMs: 60_000 }, source);
    const first = await host.uptime();
    assert.deepEqual(Object.keys(await host.uptime()), Object.keys(first));
    const [one, other] = [await host.metrics(), await host.metrics()];
    assert.deepEqual(Object.keys(one), Object.keys(other));
    assert.equal(source.asked.get("uptime"), 1);
    assert.equal(source.asked.get("load"), 1);
  });

  test("of no time reads each time", async () => {
    const source = sourceOf({ uptime });
    const host = new Host({ cacheMs: 0 }, source);
    for (let calls = 0; calls < 3; calls++) await host.uptime();
    assert.equal(source.asked.get("uptime"), 3);
  });

  test("does not keep what could not be read", async () => {
    let works = false;
    const host = new Host({ cacheMs: 60_000 }, sourceOf({ uptime: () => works ? uptime() : null }));
    await assert.rejects(host.uptime(), { message: "Failed to read uptime", code: "InternalError" });
    works = true;
    assert.equal((await host.uptime()).uptime, 5);
  });
});

describe("what cannot be read", () => {
  test("is an error in the specification's words", async () => {
    const host = new Host({}, sourceOf({}));
    const said: Record<string, string> = {
      cpu: "CPU statistics",
      memory: "memory information",
      disk: "disk statistics",
      network: "network statistics",
      load: "load average",
      processes: "process statistics",
      pressure: "pressure stall information",
    };
    for (const [part, what] of Object.entries(said)) {
      await assert.rejects(host[part as "cpu"](), {
        message: `Failed to read ${what}`,
        code: "InternalError",
      });
    }
    await assert.rejects(
      host.metrics(),
      (error) => error instanceof HostError && error.code === "ServiceUnavailable",
    );
    assert.equal((await host.system()).platform, "x86_64");
  });

  test("is null in the metrics, which give the rest", async () => {
    const metrics = await new Host({}, sourceOf({ uptime: () => ({ uptimeSeconds: 5, idleSeconds: null }) }))
      .metrics();
    assert.equal(metrics.uptime, 5);
    for (const key of ["cpu_usage", "memory_usage", "load_avg", "disk", "disk_total", "network"] as const) {
      assert.equal(metrics[key], null, key);
    }
  });
});
