import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { proctorBinary } from "./lib/binary.ts";
import { LineProcess } from "./lib/line_process.ts";
import { PsutilYardstick } from "./lib/psutil_yardstick.ts";
import type { Bench, BenchResult } from "./lib/result.ts";
import type { Beside } from "./lib/yardstick.ts";
import { median } from "./lib/statistics.ts";

const METHODS = [
  "RPCGetDiskUsage",
  "RPCGetNetworkStats",
  "RPCGetMemoryInfo",
  "RPCGetLoadAverage",
  "RPCGetUptime",
  "RPCCPUUsage",
  "RPCGetProcessStats",
  "RPCGetSystemInfo",
];

const request = (id: string) =>
  JSON.stringify({ type: "request", id, source: "bench", correlation_id: "123456" });

/** By then most is compiled, and the pages that only the start has needed are given back. */
const SETTLE_MS = 12_000;
/** Of the service at ten requests a second, for one method and for all in turn: percent of a core. */
const WANTED_PERCENT = 0.3;

/** CPU of the service in percent of a core while it is asked ten times a second, and the yardstick beside it. */
async function cpuPercent(
  methods: readonly string[],
  seconds: number,
  yardstick: PsutilYardstick | undefined,
): Promise<{ measured: number; beside: Beside | undefined }> {
  const service = new LineProcess([proctorBinary(), "sysmon"]);
  await service.line();
  const askFor = async (ms: number) => {
    const start = performance.now();
    for (let asked = 0; asked < ms / 100; asked++) {
      await sleep(Math.max(0, start + asked * 100 - performance.now()));
      await service.ask(request(methods[asked % methods.length]));
    }
  };
  await askFor(SETTLE_MS);
  const [cpu, start] = [processCpuSeconds(service.pid), performance.now()];
  yardstick?.begin();
  await askFor(seconds * 1_000);
  const beside = yardstick?.read();
  const used = processCpuSeconds(service.pid) - cpu;
  const passed = (performance.now() - start) / 1_000;
  await service.end();
  return { measured: used / passed * 100, beside };
}

/** Cached requests a second with so many on their way at once. */
async function requestsPerSecond(onTheWay: number, count: number): Promise<number> {
  const service = spawn(proctorBinary(), ["sysmon", "--cache", "1h"], { stdio: ["pipe", "pipe", "inherit"] });
  let [seen, wanted] = [0, 1];
  let reached: () => void = () => {};
  service.stdout.on("data", (bytes: Uint8Array) => {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) seen++;
    if (seen >= wanted) reached();
  });
  const until = (lines: number) => {
    wanted = lines;
    return seen >= wanted ? Promise.resolve() : new Promise<void>((resolve) => reached = resolve);
  };
  await until(1);
  const window = `${request("RPCGetMemoryInfo")}\n`.repeat(onTheWay);
  const ask = async (requests: number) => {
    for (let asked = 0; asked < requests; asked += onTheWay) {
      service.stdin.write(window);
      await until(seen + onTheWay);
    }
  };
  await ask(count / 4);
  const start = performance.now();
  await ask(count);
  const perSecond = count / (performance.now() - start) * 1_000;
  service.stdin.end();
  await once(service, "exit");
  return perSecond;
}

/** What the sysmon service costs, and how much it can do. */
export const sysmon: Bench = {
  about: "the service's CPU at ten requests a second, and cached requests a second through its pipes",
  async run({ quick }): Promise<BenchResult> {
    const seconds = quick ? 10 : 30;
    const rates: [number, number][] = [];
    for (const onTheWay of [1, 10, 100]) {
      const series: number[] = [];
      for (let round = 0; round < (quick ? 2 : 5); round++) {
        series.push(await requestsPerSecond(onTheWay, 20_000));
      }
      rates.push([onTheWay, median(series)]);
    }
    await using yardstick = await PsutilYardstick.start();
    const obstacle = PsutilYardstick.obstacle();
    const one = await cpuPercent(["RPCGetMemoryInfo"], seconds, yardstick);
    const all = await cpuPercent(METHODS, seconds, yardstick);
    const cpuCheck = (what: string, cost: typeof one) => ({
      what: `CPU at ten requests a second, ${what}`,
      unit: "%",
      wanted_at_most: WANTED_PERCENT,
      ...cost,
    });
    return {
      tables: [
        {
          title: "cached requests (RPCGetMemoryInfo) a second through the pipes",
          columns: [{ name: "on their way at once" }, { name: "requests a second" }],
          rows: rates,
        },
        {
          title: `CPU of the service at ten requests a second, cache of a second (${seconds} s each, after ${
            SETTLE_MS / 1_000
          } s of the same)`,
          columns: [{ name: "asked" }, { name: "% of a core", digits: 3 }],
          rows: [["RPCGetMemoryInfo", one.measured], [
            "all methods but RPCGetSysMetrics in turn",
            all.measured,
          ]],
        },
      ],
      checks: [
        {
          what: "microseconds for a cached request, 10 on their way",
          unit: "µs",
          measured: 1e6 / rates[1][1],
          wanted_at_most: 50,
        },
        cpuCheck("one method", one),
        cpuCheck("all methods", all),
      ],
      notes: obstacle === null ? [] : [obstacle],
    };
  },
};
