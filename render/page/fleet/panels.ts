import type { LivePanel } from "../parts/live_chart.ts";
import { PANELS } from "../../plot/panels.ts";
import type { Panel } from "../../plot/panels.ts";

/** A chart, and the columns of its lines. */
export interface FleetPanel extends LivePanel {
  readonly columns: readonly string[];
}

const COLORS: Readonly<Record<string, readonly string[]>> = {
  memory: ["--line-memory", "--line-0"],
  gpu_memory: ["--line-memory"],
  descriptors: ["--line-descriptors"],
};
const LINES = ["--line-0", "--line-1", "--run-2", "--run-3"];

/** Every chart of a task; those of which nothing is known are left out. */
export const TASK_PANELS: readonly FleetPanel[] = PANELS.map((panel) => fleetPanel(panel));

/** So many charts of figures that have no name here, at most. */
const MOST_OWN = 20;
const KNOWN = new Set(TASK_PANELS.flatMap(({ columns }) => columns));

/**
 * Charts of what programs, cgroups and devices tell beside: one for each name, counters by their rate. Where an agent
 * sends both a total and what it comes to a second, it is one chart.
 */
export function ownPanels(figures: Readonly<Record<string, number>>): FleetPanel[] {
  const names = Object.keys(figures).filter((name) => !KNOWN.has(name) && !UNDRAWN.has(name)).sort();
  const isRepeated = (name: string) => names.includes(name.replace(/_per_second$/, "_total"));
  return names.filter((name) => !name.endsWith("_per_second") || !isRepeated(name)).slice(0, MOST_OWN)
    .map((name) => {
      const isTotal = name.endsWith("_total");
      return one(
        `own-${name}`,
        name,
        isTotal ? "also reported; per second" : "also reported; at the moment of the sample",
        unitOfName(name, isTotal),
        isTotal ? "average" : "level",
        [name, name, "--line-0"],
      );
    });
}

/** What is told in numbers above the charts, or belongs to what is drawn. */
const UNDRAWN = new Set([
  "uptime_seconds",
  "restart_count",
  "cpu_seconds",
  "memory_percent",
  "disk_cancelled_write_bytes",
  "network_loopback_rx_bytes",
  "network_loopback_tx_bytes",
]);

function unitOfName(name: string, isTotal: boolean): LivePanel["unit"] {
  if (isTotal) return "number_per_second";
  return name.endsWith("_bytes") ? "bytes" : name.endsWith("_percent") ? "percent" : "number";
}

function fleetPanel({ id, title, hint, unit, kind, lines }: Panel): FleetPanel {
  const colors = COLORS[id] ?? LINES;
  return {
    id,
    title,
    hint,
    unit,
    // The manager makes rates of counters: they hold over a step.
    kind: kind === "rate" ? "average" : kind,
    lines: lines.map(({ label }, n) => ({ label, color: colors[n % colors.length] })),
    columns: lines.map(({ column }) => String(column)),
  };
}

/** Every chart of a host. */
export const HOST_PANELS: readonly FleetPanel[] = [
  one("cpu", "CPU", "100% is every core busy", "percent", "average", ["cpu_percent", "CPU", "--line-0"]),
  one(
    "memory",
    "Memory",
    "in use, of all there is",
    "bytes",
    "level",
    ["memory_bytes", "in use", "--line-memory"],
    ["memory_total_bytes", "in all", "--line-0"],
  ),
  one(
    "load",
    "Load",
    "processes that run or wait",
    "number",
    "level",
    ["load_1m", "1 min", "--line-0"],
    ["load_15m", "15 min", "--line-1"],
  ),
  one(
    "network",
    "Network",
    "a second; all interfaces together",
    "bytes_per_second",
    "average",
    ["network_rx_bytes", "received", "--line-0"],
    ["network_tx_bytes", "sent", "--line-1"],
  ),
  one("disks", "Disks", "in use, of all together", "bytes", "level", [
    "disk_used_bytes",
    "in use",
    "--run-2",
  ]),
  one("agent", "Agent", "100% is one core busy", "percent", "average", [
    "agent_cpu_percent",
    "CPU of the agent",
    "--line-0",
  ]),
];

function one(
  id: string,
  title: string,
  hint: string,
  unit: LivePanel["unit"],
  kind: LivePanel["kind"],
  ...lines: (readonly [column: string, label: string, color: string])[]
): FleetPanel {
  return {
    ...{ id, title, hint, unit, kind },
    lines: lines.map(([, label, color]) => ({ label, color })),
    columns: lines.map(([column]) => column),
  };
}
