/** Runs benchmarks, prints tables and writes the figures as JSON; see README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { readMachine } from "./lib/machine.ts";
import { checkTable, formatTable } from "./lib/print_table.ts";
import type { Bench, BenchResult } from "./lib/result.ts";
import { inRepository } from "./lib/runtimes.ts";
import { yardstickNotes } from "./lib/yardstick.ts";
import { counters } from "./counters.ts";
import { exactness } from "./exactness.ts";
import { exporters } from "./exporters.ts";
import { fleetAlerts } from "./fleet/alerts.ts";
import { fleetEngines } from "./fleet/engines.ts";
import { fleetReceive } from "./fleet/receive.ts";
import { fleetDetectors } from "./fleet/detectors.ts";
import { fleetHostile } from "./fleet/hostile.ts";
import { fleetPropeller } from "./fleet/propeller.ts";
import { fleetStore } from "./fleet/store.ts";
import { fleetWhole } from "./fleet/whole.ts";
import { fleetIngest } from "./fleet/ingest.ts";
import { fleetPage } from "./fleet/page.ts";
import { groupCpu } from "./group_cpu.ts";
import { grid } from "./grid.ts";
import { idle } from "./idle.ts";
import { guest } from "./guest.ts";
import { hostMethods } from "./host.ts";
import { killGroup } from "./kill_group.ts";
import { manySupervised } from "./many_supervised.ts";
import { manyTargets } from "./many_targets.ts";
import { memory } from "./memory.ts";
import { memoryGrowth } from "./memory_growth.ts";
import { mqtt } from "./mqtt.ts";
import { network } from "./network.ts";
import { oneProcess } from "./one_process.ts";
import { processes } from "./processes.ts";
import { repeat } from "./repeat.ts";
import { report } from "./report.ts";
import { startUp } from "./start_up.ts";
import { stopwatch } from "./stopwatch.ts";
import { superviseIdle } from "./supervise_idle.ts";
import { supervisor } from "./supervisor.ts";
import { supervisorChaos } from "./supervisor_chaos.ts";
import { supervisorPeers } from "./supervisor_peers.ts";
import { sysmon } from "./sysmon.ts";
import { top } from "./top.ts";
import { truth } from "./truth.ts";
import { watchIdle } from "./watch_idle.ts";

const benches: Record<string, Bench> = {
  one_process: oneProcess,
  group_cpu: groupCpu,
  grid,
  idle,
  start_up: startUp,
  memory,
  memory_growth: memoryGrowth,
  exactness,
  truth,
  kill_group: killGroup,
  guest,
  host: hostMethods,
  sysmon,
  mqtt,
  counters,
  network,
  processes,
  exporters,
  fleet_alerts: fleetAlerts,
  fleet_store: fleetStore,
  fleet_detectors: fleetDetectors,
  fleet_propeller: fleetPropeller,
  fleet_engines: fleetEngines,
  fleet_whole: fleetWhole,
  fleet_hostile: fleetHostile,
  fleet_ingest: fleetIngest,
  many_targets: manyTargets,
  watch_idle: watchIdle,
  repeat,
  report,
  top,
  supervisor,
  supervise_idle: superviseIdle,
  supervisor_chaos: supervisorChaos,
  supervisor_peers: supervisorPeers,
  many_supervised: manySupervised,
  stopwatch,
  fleet_receive: fleetReceive,
  fleet_page: fleetPage,
};

const USAGE = `Usage: scripts/bench [--quick] [--json FILE] [BENCH…]

Benches (all of them when none is named):
${Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(16)} ${about}`).join("\n")}

  --quick      fewer rounds and shorter cells
  --json FILE  where the figures go (dist/bench.json)
  --help       this text
`;

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        json: { type: "string", default: inRepository("dist/bench.json") },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const unknown = positionals.find((name) => !(name in benches));
    if (unknown !== undefined) throw new Error(`there is no bench ${unknown}`);
    return { ...values, names: positionals.length > 0 ? positionals : Object.keys(benches) };
  } catch (error) {
    console.error(`${(error as Error).message}; see scripts/bench --help`);
    process.exit(2);
  }
}

async function main(): Promise<number> {
  const { quick, json, help, names } = readArguments();
  if (help) {
    console.log(USAGE.trimEnd());
    return 0;
  }
  const machine = readMachine();
  const { date, cpu, cores, memory_gib, kernel, versions } = machine;
  console.log(`${date}, ${cpu}, ${cores} cores, ${memory_gib} GiB, Linux ${kernel}`);
  console.log(
    Object.entries(versions).map(([name, version]) => `${name} ${version ?? "missing"}`).join(", "),
  );

  const results: Record<string, BenchResult & { seconds: number }> = {};
  for (const name of names) {
    console.log(`\n── ${name}: ${benches[name].about}`);
    const start = performance.now();
    const result = await benches[name].run({ quick });
    results[name] = { ...result, seconds: Math.round((performance.now() - start) / 1_000) };
    if (result.skipped) console.log(`SKIPPED: ${result.skipped}`);
    for (const table of result.tables) console.log(`\n${formatTable(table)}`);
    if (result.checks.length > 0) console.log(`\n${formatTable(checkTable(result.checks))}`);
    for (const note of [...yardstickNotes(result.checks), ...result.notes]) console.log(`\n  ${note}`);
  }
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, JSON.stringify({ machine, quick, results }, null, 2) + "\n");
  console.log(`\nwrote ${json}`);
  return 0;
}

process.exitCode = await main();
