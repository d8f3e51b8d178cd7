import type { Board } from "./board.ts";
import type { Family } from "./families.ts";

/**
 * What watched programs tell of themselves at the moment: a family for each name. What ends in `_total` is a counter,
 * as in samples.
 */
export function appFamilies(board: Board): Family[] {
  const names = new Set<string>();
  for (const { latest } of board.tasks.values()) {
    for (const name of Object.keys(latest?.metrics.app ?? {})) names.add(name);
  }
  return [...names].sort().map((name) => ({
    name: `proctor_${name}`,
    help: "Reported by the program itself.",
    type: name.endsWith("_total") ? "counter" : "gauge",
    *values({ tasks }) {
      for (const { latest, labels } of tasks.values()) {
        const value = latest?.metrics.app?.[name];
        if (typeof value === "number") yield { labels, value };
      }
    },
  }));
}
