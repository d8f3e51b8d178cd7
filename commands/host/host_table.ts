import type { Host } from "../../host/host.ts";
import { printable } from "../../core/printable.ts";
import { bar as filledBar } from "../../io/terminal/bar.ts";
import type { OwnAgent } from "../own_agent.ts";
import { humanBytes, humanCount, humanPercent, humanSeconds } from "../../render/words/units.ts";
import type { HostPart } from "../../host/host_parts.ts";

type Row = readonly string[];
type Figure = number | null;

const BAR_WIDTH = 20;

/**
 * A part of the machine, or all at a glance, as lines for a person; with bars on a terminal.
 * @param agent which one messages from here would be of
 */
export async function hostTable(
  host: Host,
  part: HostPart | undefined,
  bars: boolean,
  agent: OwnAgent,
): Promise<string[]> {
  return await (part === undefined ? overview(host, bars, agent) : TABLES[part](host, bars));
}

const TABLES: Record<HostPart, (host: Host, bars: boolean) => Promise<string[]>> = {
  async cpu(host, bars) {
    const { usage_percent, ...clocks } = await host.cpu();
    const modes = Object.entries(clocks).filter((clock): clock is [string, number] => clock[1] !== null);
    // What runs guests is part of user and nice already.
    const all = modes.reduce((sum, [mode, time]) => mode.startsWith("guest") ? sum : sum + time, 0);
    return [
      ...aligned([["usage", percent(usage_percent), bar(usage_percent, bars)]], "lr"),
      "",
      ...aligned([
        ["MODE", "TIME", "SHARE", ""],
        ...modes.map(([mode, time]) => {
          const share = all > 0 ? time / all * 100 : null;
          return [mode, humanSeconds(time), percent(share), bar(share, bars)];
        }),
      ], "lrr"),
    ];
  },
  async memory(host, bars) {
    const memory = await host.memory();
    return aligned([
      ["", "TOTAL", "USED", "FREE", "AVAILABLE", "USED %", ""],
      [
        "memory",
        ...[memory.total, memory.used, memory.free, memory.available].map(humanBytes),
        percent(memory.usage_percent),
        bar(memory.usage_percent, bars),
      ],
      [
        "swap",
        ...[memory.swap_total, memory.swap_used, memory.swap_free, null].map(humanBytes),
        percent(memory.swap_usage_percent),
        bar(memory.swap_usage_percent, bars),
      ],
      ["buffers", humanBytes(memory.buffers)],
      ["cached", humanBytes(memory.cached)],
    ], "lrrrrr");
  },
  async disk(host, bars) {
    const { disk, unanswered } = await host.disk();
    return [
      ...aligned([
        ["MOUNT", "TYPE", "DEVICE", "TOTAL", "USED", "AVAILABLE", "USED %", ""],
        ...Object.entries(disk).map(([point, space]) => [
          printable(point),
          space.file_system,
          printable(space.device),
          ...[space.total, space.used, space.available].map(humanBytes),
          percent(space.used_percent),
          bar(space.used_percent, bars),
        ]),
      ], "lllrrrr"),
      ...unanswered.map((point) => `${printable(point)} gave no answer`),
    ];
  },
  async network(host) {
    const { network, total_rx, total_tx } = await host.network();
    return aligned([
      ["INTERFACE", "RECEIVED", "SENT", "PACKETS IN", "PACKETS OUT", "ERRORS IN", "ERRORS OUT"],
      ...Object.entries(network).map(([name, counters]) => [
        printable(name),
        ...[counters.rx_bytes, counters.tx_bytes].map(humanBytes),
        ...[counters.rx_packets, counters.tx_packets, counters.rx_errors, counters.tx_errors].map(humanCount),
      ]),
      ["total", humanBytes(total_rx), humanBytes(total_tx)],
    ], "lrrrrrr");
  },
  async load(host) {
    const { load1, load5, load15, runnable_tasks, existing_tasks } = await host.load();
    return aligned([
      ["1 min", "5 min", "15 min", "RUNNABLE", "TASKS"],
      [
        ...[load1, load5, load15].map((load) => load.toFixed(2)),
        ...[runnable_tasks, existing_tasks].map(humanCount),
      ],
    ], "rrrrr");
  },
  async uptime(host) {
    const { uptime, idle_time } = await host.uptime();
    return aligned([["up", humanSeconds(uptime)], ["idle, all CPUs", humanSeconds(idle_time)]], "lr");
  },
  async processes(host) {
    const stats = await host.processes();
    return aligned([
      ["RUNNING", "SLEEPING", "STOPPED", "ZOMBIE", "THREADS", "BLOCKED"],
      [
        stats.processes_running,
        stats.processes_sleeping,
        stats.processes_stopped,
        stats.processes_zombie,
        stats.threads,
        stats.procs_blocked,
      ].map(humanCount),
    ], "rrrrrr");
  },
  async system(host) {
    const { container, ...facts } = await host.system();
    return aligned([
      ...Object.entries(facts).map(([name, value]) => [name, printable(String(value ?? "–"))]),
      ["container", container ? describeContainer(container) : "no"],
    ], "ll");
  },
  async pressure(host, bars) {
    const resources = await host.pressure();
    const rows = Object.entries(resources).flatMap(([resource, kinds]) =>
      Object.entries(kinds ?? {}).flatMap(([kind, stall]) =>
        stall
          ? [[
            resource,
            kind,
            ...[stall.avg10, stall.avg60, stall.avg300].map(percent),
            humanSeconds(stall.total_seconds),
            bar(stall.avg10, bars),
          ]]
          : []
      )
    );
    return aligned([["RESOURCE", "STALLED", "10 s", "60 s", "300 s", "TOTAL", ""], ...rows], "llrrrr");
  },
};

async function overview(host: Host, bars: boolean, agent: OwnAgent): Promise<string[]> {
  const [metrics, system] = await Promise.all([host.metrics(), host.system()]);
  const { cpu_usage, memory_usage, swap_usage, load_avg, uptime } = metrics;
  const memory = memory_usage === null ? null : await host.memory();
  const disks = Object.entries(metrics.disk ?? {}).map(([point, { used, total, used_percent }]): Row => [
    `disk ${printable(point)}`,
    percent(used_percent),
    bar(used_percent, bars),
    `${humanBytes(used)} of ${humanBytes(total)}`,
  ]);
  const labelWidth = Math.max("network".length, ...disks.map(([label]) => label.length));
  return [
    `${printable(system.hostname ?? "–")}: ${system.os} ${
      printable(system.kernel ?? "")
    }, ${system.platform}, ${humanCount(system.processors)} CPUs, up ${humanSeconds(uptime)}`,
    ...(system.container ? [describeContainer(system.container)] : []),
    // Where it is from, doctor tells: that is too wide for many a terminal.
    ...(agent.id === null ? [] : [`agent ${printable(agent.id)}`]),
    "",
    ...aligned(
      [
        [
          "cpu".padEnd(labelWidth),
          percent(cpu_usage),
          bar(cpu_usage, bars),
          load_avg ? `load ${load_avg.join(" ")}` : "",
        ],
        ["memory", percent(memory_usage), bar(memory_usage, bars), usedOf(memory?.used, memory?.total)],
        ["swap", percent(swap_usage), bar(swap_usage, bars), usedOf(memory?.swap_used, memory?.swap_total)],
        ...disks,
      ],
      "lr",
      bars ? [] : [2],
    ),
    // It has no share, and so no bar: with the columns of the others it would be too wide for many a terminal.
    `${"network".padEnd(labelWidth)}  ${humanBytes(metrics.net_rx)} received, ${
      humanBytes(metrics.net_tx)
    } sent since boot`,
  ];
}

function describeContainer(container: NonNullable<Awaited<ReturnType<Host["system"]>>["container"]>): string {
  const { runtime, lxcfs, cpu_quota_cores, memory_limit_bytes } = container;
  return [
    `in a container${runtime ? ` (${printable(runtime)})` : ""}`,
    ...(lxcfs ? ["/proc shows its share (lxcfs)"] : []),
    ...(cpu_quota_cores === null ? [] : [`a quota allows ${cpu_quota_cores} CPUs`]),
    ...(memory_limit_bytes === null ? [] : [`memory limited to ${humanBytes(memory_limit_bytes)}`]),
  ].join(", ");
}

function usedOf(used: Figure | undefined, total: Figure | undefined): string {
  return total === 0 ? "none" : `${humanBytes(used)} of ${humanBytes(total)}`;
}

function percent(value: Figure): string {
  return humanPercent(value);
}

/** A bar of a share in percent; empty where there are none. */
function bar(value: Figure, bars: boolean): string {
  return !bars || value === null ? "" : filledBar(value / 100, BAR_WIDTH);
}

/** Rows as aligned columns: `l`eft or `r`ight, the rest left; columns of `without` are left out. */
function aligned(rows: readonly Row[], sides: string, without: readonly number[] = []): string[] {
  const kept = rows.map((row) => row.filter((_, column) => !without.includes(column)));
  const width = Math.max(...kept.map((row) => row.length));
  const widths = Array.from(
    { length: width },
    (_, column) => Math.max(...kept.map((row) => row[column]?.length ?? 0)),
  );
  return kept.map((row) =>
    row.map((cell, column) =>
      sides[column] === "r" ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
    ).join("  ").trimEnd()
  );
}
