import { humanPercent } from "../../words/units.ts";
import type { FleetStore, HostFigures } from "./fleet_store.ts";
import type { CellLook, HeatCells } from "./heat_cells.ts";
import { hostLink } from "./links.ts";
import type { Host } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

/** What a map of hosts is coloured by. */
export interface HeatBy {
  readonly key: keyof HostFigures;
  readonly title: string;
}

/** The colours to choose from. */
export const HEATS: readonly HeatBy[] = [
  { key: "cpu_percent", title: "CPU" },
  { key: "memory_percent", title: "Memory" },
  { key: "swap_percent", title: "Swap" },
];

/** Some hosts as the cells of a map, a group for each unit. @param hosts in their order, of one unit after the other */
export function heatOf(store: FleetStore, hosts: readonly Host[], { key }: HeatBy): HeatCells {
  const counts = new Map<string, number>();
  for (const { unit } of hosts) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  return {
    groups: [...counts].map(([title, count]) => ({ title, count })),
    look: (cell) => lookOf(store, hosts[cell], key),
    words: (cell) => wordsOf(store, hosts[cell]),
    open: (cell) => void (location.hash = hostLink(hosts[cell])),
  };
}

function lookOf(store: FleetStore, host: Host, key: HeatBy["key"]): CellLook {
  if (host.presence !== "online") return { kind: host.presence };
  const share = store.figures(host.id)[key] / 100;
  return Number.isNaN(share)
    ? { kind: "unknown" }
    : { kind: "value", share: Math.min(1, Math.max(0, share)) };
}

function wordsOf(store: FleetStore, host: Host): string {
  const { cpu_percent, memory_percent } = store.figures(host.id);
  const known = (value: number) => humanPercent(Number.isNaN(value) ? null : value);
  const figures = `CPU ${known(cpu_percent)}, memory ${known(memory_percent)}`;
  if (host.presence === "online") return `${host.proplet_id}: ${figures}`;
  const age = silenceWords(host.last_seen, Date.now());
  return `${host.proplet_id}: ${host.presence}, last heard ${age} with ${figures}`;
}
