import { nearest } from "../nearest.ts";
import { metricsNamed, withoutUnit, wordForm } from "../measure/metric_words.ts";
import { isQuantity, QUANTITIES, QUANTITY_NAMES } from "./quantity.ts";
import type { QuantityName } from "./quantity.ts";

/** What people mean by words of which a run has several totals, or by names of other programs. */
const USUAL: Readonly<Record<string, readonly QuantityName[]>> = {
  wall: ["wall_seconds"],
  time: ["wall_seconds"],
  elapsed: ["wall_seconds"],
  cpu: ["cpu_seconds"],
  user: ["cpu_user_seconds"],
  system: ["cpu_system_seconds"],
  memory: ["peak_memory_bytes"],
  mem: ["peak_memory_bytes"],
  rss: ["peak_resident_bytes"],
  maxrss: ["peak_resident_bytes"],
  pss: ["peak_memory_pss_bytes"],
  processes: ["total_process_count"],
  threads: ["peak_thread_count"],
  throttled: ["cpu_throttled_seconds"],
};

/**
 * The totals that a word stands for: a name with or without its unit, a label, or a subject of the metrics, which may
 * have several (`disk` is what was read and written). None for a word that stands for nothing.
 */
export function quantitiesNamed(word: string): readonly QuantityName[] {
  if (isQuantity(word)) return [word];
  const form = wordForm(word);
  if (isQuantity(form)) return [form];
  if (Object.hasOwn(USUAL, form)) return USUAL[form];
  const named = QUANTITY_NAMES.filter((name) =>
    withoutUnit(name) === form || wordForm(QUANTITIES[name].label) === form
  );
  if (named.length > 0) return named;
  const ofSubject = QUANTITY_NAMES.filter((name) => QUANTITIES[name].account === form);
  if (ofSubject.length > 0) return ofSubject;
  const metrics: readonly string[] = metricsNamed(word);
  return QUANTITY_NAMES.filter((name) => metrics.includes(name));
}

/** The word that was perhaps meant; null where nothing is near. */
export function nearestQuantity(word: string): string | null {
  return nearest(word, [...Object.keys(USUAL), ...QUANTITY_NAMES.map(withoutUnit), ...QUANTITY_NAMES]);
}
