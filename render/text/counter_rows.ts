import type { Account, SummaryRecord } from "../../core/schema/record.ts";
import { counted, humanCount, humanPercent, humanSeconds } from "../words/units.ts";
import type { SummaryRow } from "./summary_row.ts";

const LABEL = "counters";
const PER_PREFIX = 1_000;
const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];
const ENERGY = { id: "energy", label: "energy" } as const;

/** What perf has counted, under a heading of its own; nothing where nobody asked for it. */
export function counterRows({ counters, accounting, wall_seconds }: SummaryRecord): SummaryRow[] {
  if (!counters) return [];
  const { counters: account = null, hardware_counters: hardware = null } = accounting;
  const part = (name: string, value: string, detail: string, of: Account | null): SummaryRow => (
    { id: "counters", label: LABEL, part: name, value, detail, account: of }
  );
  const { task_clock_seconds: clock, context_switch_count: switches, page_fault_count: faults } = counters;
  const happened = [
    clock === null ? "" : "on CPUs",
    switches === null ? "" : counted(switches, "switch", "switches"),
    counters.migration_count === null ? "" : counted(counters.migration_count, "migration"),
    faults === null ? "" : counted(faults, "page fault"),
  ].filter(Boolean).join(", ");
  const detail = [happened, account?.note].filter(Boolean).join("; ");
  const rows: SummaryRow[] = [
    { id: "counters", label: LABEL, value: humanSeconds(clock), detail, account },
  ];
  if (hardware?.quality === "unavailable") {
    if (clock !== null) rows.push(part("processor", humanCount(null), hardware.note ?? "", hardware));
  } else {
    const { cycle_count: cycles, instruction_count: instructions, instructions_per_cycle } = counters;
    const speed = cycles !== null && clock ? `${short(cycles / clock, "Hz")} while it ran` : "";
    const shared = hardware?.quality === "sampled"
      ? `the counters ran ${humanPercent(counters.running_percent)} of the time`
      : "";
    const remarks = [speed, shared].filter(Boolean).join("; ");
    const { cache_miss_count: cacheMisses, branch_miss_count: branchMisses } = counters;
    const rate = instructions_per_cycle === null ? "" : `${instructions_per_cycle.toFixed(2)} a cycle`;
    const ofCache = share(cacheMisses, counters.cache_reference_count, "references to the last level");
    // What this processor does not count has no line.
    for (
      const [name, value, told] of [
        ["cycles", cycles, remarks],
        ["instructions", instructions, rate],
        ["cache misses", cacheMisses, ofCache],
        ["branch misses", branchMisses, share(branchMisses, counters.branch_count, "branches")],
      ] as const
    ) {
      if (value !== null) rows.push(part(name, short(value), told, hardware));
    }
  }
  const energy = energyRow(counters.machine_energy, wall_seconds, accounting.machine_energy ?? null);
  return energy ? [...rows, energy] : rows;
}

/** The energy of the machine, by the largest part that is told; where none is, that is not worth a row. */
function energyRow(
  energy: NonNullable<SummaryRecord["counters"]>["machine_energy"],
  wallSeconds: number,
  account: Account | null,
): SummaryRow | null {
  if (!energy) return null;
  const parts = ([
    [energy.platform_joules, "the platform"],
    [energy.package_joules, "processors"],
    [energy.core_joules, "cores"],
    [energy.graphics_joules, "graphics"],
    [energy.memory_joules, "memory"],
  ] as const).filter(([joules]) => joules !== null) as [number, string][];
  const [[most, what], ...others] = parts;
  const watts = wallSeconds > 0 ? `, ${(most / wallSeconds).toPrecision(3)} W on average` : "";
  const more = others.map(([joules, of]) => `${of} ${short(joules, "J")}`).join(", ");
  const detail = [`of the machine: ${what}${watts}`, more, account?.note].filter(Boolean).join("; ");
  return { ...ENERGY, value: short(most, "J"), detail, account };
}

/** `1.23 G`, `45 kJ`; small numbers as they are. */
function short(value: number | null, unit = ""): string {
  if (value === null) return humanCount(null);
  let power = 0;
  for (; value >= PER_PREFIX && power < PREFIXES.length - 1; power++) value /= PER_PREFIX;
  const number = power === 0 && Number.isInteger(value) ? value : value.toPrecision(3);
  return `${number} ${PREFIXES[power]}${unit}`.trimEnd();
}

function share(value: number | null, base: number | null, what: string): string {
  return value === null || !base ? "" : `${humanPercent((value / base) * 100)} of ${short(base)} ${what}`;
}
