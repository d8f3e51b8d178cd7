import { STATES_BY_URGENCY } from "../../../core/schema/state_order.ts";
import type { Store, StoredRow } from "./store.ts";

/** What rows can be in the order of. */
export type SortKey = "id" | "state" | "uptime" | "restarts" | "cpu" | "memory" | "health";

/** How the list is arranged. */
export interface Arrangement {
  /** Words that each row shown has somewhere, with spaces between. */
  readonly wanted: string;
  /** Null: every state. */
  readonly state: string | null;
  /** Null: as in the configuration. */
  readonly sort: SortKey | null;
  readonly isDown: boolean;
}

const HEALTH = ["unhealthy", "unknown", "healthy"];

const VALUES: Readonly<Record<SortKey, (row: StoredRow, store: Store) => string | number | null>> = {
  id: ({ id }) => id,
  state: ({ state }) => STATES_BY_URGENCY.indexOf(state),
  uptime: (row, store) => store.uptimeSeconds(row),
  restarts: ({ restarts }) => restarts,
  cpu: ({ cpu_percent }) => cpu_percent,
  memory: ({ memory_bytes }) => memory_bytes,
  health: ({ health }) => health === null ? null : HEALTH.indexOf(health),
};

/** Ids of the rows to be shown, in their order; what is not known comes last. */
export function arranged(store: Store, { wanted, state, sort, isDown }: Arrangement): string[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = store.order.flatMap((id) => store.row(id) ?? []).filter((row) => {
    if (state !== null && row.state !== state) return false;
    const text = [row.id, row.state, row.health, row.reason, ...row.groups.map((group) => `@${group}`)]
      .join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (sort === null) return rows.map(({ id }) => id);
  const sign = isDown ? -1 : 1;
  return rows.map((row) => [row.id, VALUES[sort](row, store)] as const).sort(([, a], [, b]) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return a === b ? 0 : sign * (a < b ? -1 : 1);
  }).map(([id]) => id);
}

/** How many there are of each state, what needs a look first. */
export function countedStates(store: Store): [state: string, count: number][] {
  const counts = new Map<string, number>();
  for (const id of store.order) {
    const state = store.row(id)?.state ?? "";
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => STATES_BY_URGENCY.indexOf(a) - STATES_BY_URGENCY.indexOf(b));
}
