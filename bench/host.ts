import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileC } from "./lib/compile_c.ts";
import type { Bench, Check, Table } from "./lib/result.ts";
import { measureRounds } from "./lib/rounds.ts";
import type { Subject } from "./lib/rounds.ts";
import { inRepository, runScript } from "./lib/runtimes.ts";
import { median, medianRatio } from "./lib/statistics.ts";

/**
 * The methods by the part that they read, with readings per batch: for ours, and for systeminformation if it has one.
 */
const METHODS = {
  metrics: { method: "RPCGetSysMetrics", batch: 100, npm: 1 },
  disk: { method: "RPCGetDiskUsage", batch: 500, npm: 1 },
  network: { method: "RPCGetNetworkStats", batch: 500, npm: 1 },
  memory: { method: "RPCGetMemoryInfo", batch: 500, npm: 3 },
  load: { method: "RPCGetLoadAverage", batch: 1_000, npm: 0 },
  uptime: { method: "RPCGetUptime", batch: 1_000, npm: 0 },
  cpu: { method: "RPCCPUUsage", batch: 500, npm: 20 },
  processes: { method: "RPCGetProcessStats", batch: 5, npm: 1 },
  system: { method: "RPCGetSystemInfo", batch: 200, npm: 1 },
};

type Part = keyof typeof METHODS;

function subjects(part: Part, c: string): Subject[] {
  const { batch, npm } = METHODS[part];
  return [
    { name: "C", command: [c, part], batch },
    { name: "Bun", command: runScript("Bun", "bench/read_host.ts", part), batch },
    { name: "Deno", command: runScript("Deno", "bench/read_host.ts", part), batch },
    {
      name: "psutil",
      command: ["/usr/bin/python3", inRepository("bench/read_host.py"), part],
      batch: batch / 5,
    },
    ...(npm > 0
      ? [{ name: "npm", command: runScript("Bun", "bench/read_host_npm.ts", part), batch: npm }]
      : []),
  ];
}

/** Every sysmon method without its cache: proctor, C, psutil and systeminformation side by side. */
export const hostMethods: Bench = {
  about: "a reading of the machine by each sysmon method, against C, psutil and systeminformation",
  async run({ quick }) {
    const rounds = quick ? 7 : 25;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const rows: Table["rows"][number][] = [];
    const checks: Check[] = [];
    try {
      const c = compileC("read_host", directory);
      for (const part of Object.keys(METHODS) as Part[]) {
        const measured = await measureRounds(subjects(part, c), rounds);
        const of = (name: string) => measured.get(name)!;
        const { method } = METHODS[part];
        const [toC, toPsutil] = [medianRatio(of("Bun"), of("C")), medianRatio(of("Bun"), of("psutil"))];
        rows.push([
          method,
          ...["C", "Bun", "Deno", "psutil", "npm"].map((name) =>
            measured.has(name) ? median(of(name)) : null
          ),
          toC,
          1 / toPsutil,
        ]);
        const most = (what: string, measured: number, wanted_at_most: number) =>
          checks.push({ what: `${method}, Bun, ${what}`, unit: "×", measured, wanted_at_most });
        if (part !== "processes") most("against C", toC, 1.5);
        most("against psutil", toPsutil, 0.2);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    return {
      tables: [{
        title: `microseconds of one reading, median (${rounds} rounds)`,
        columns: [
          { name: "method" },
          ...["C", "proctor, Bun", "proctor, Deno", "psutil", "systeminformation"].map((name) => ({
            name,
            digits: 1,
          })),
          { name: "Bun ÷ C", digits: 2 },
          { name: "psutil ÷ Bun", digits: 1 },
        ],
        rows,
      }],
      checks,
      notes: [
        "C reads the same files through open descriptors and parses the same fields. psutil's load average is a system " +
        "call of libc's without the tasks; its CPU times come without a usage.",
      ],
    };
  },
};
