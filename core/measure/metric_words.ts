import { METRIC_GROUPS, METRIC_NAMES, METRICS, metricsOf, SUBJECTS } from "./metrics.ts";
import type { MetricGroup, MetricName } from "./metrics.ts";

/** Words that people type for a subject of the table. */
const SYNONYMS: Readonly<Record<string, keyof typeof SUBJECTS>> = {
  mem: "memory",
  net: "network",
  fds: "file_descriptors",
  descriptors: "file_descriptors",
  switches: "context_switches",
  vram: "gpu_memory",
};

/** A name or label as it is compared: `CPU, user`, `cpu-user` and `cpu_user` are one. */
export function wordForm(text: string): string {
  return text.trim().toLowerCase().replace("/", "").replace(/[\s,_-]+/g, "_");
}

/** A name without its unit: `peak_memory` of `peak_memory_bytes`. */
export function withoutUnit(name: string): string {
  return name.replace(/_(seconds|bytes|percent|count)$/, "");
}

/**
 * The metrics that a word stands for, in record order: a group of profiles, a metric's name with or without its unit,
 * its label, or its subject. None for a word that stands for nothing.
 */
export function metricsNamed(word: string): MetricName[] {
  const form = wordForm(word);
  if (Object.hasOwn(METRIC_GROUPS, form)) return metricsOf([form as MetricGroup]);
  const subject = Object.hasOwn(SYNONYMS, form) ? SYNONYMS[form] : form;
  const isMeant: readonly ((metric: (typeof METRICS)[number]) => boolean)[] = [
    ({ name }) => name === form,
    ({ name, label }) => withoutUnit(name) === form || wordForm(label) === form,
    (metric) => metric.subject === subject || wordForm(SUBJECTS[metric.subject].label) === form,
  ];
  for (const test of isMeant) {
    const meant = METRICS.filter(test);
    if (meant.length > 0) return meant.map(({ name }) => name);
  }
  return [];
}

/** Every word of the table, for a suggestion in place of an unknown one. */
export function metricWords(): string[] {
  return [
    ...Object.keys(METRIC_GROUPS),
    ...Object.keys(SUBJECTS),
    ...METRIC_NAMES.map(withoutUnit),
    ...METRIC_NAMES,
  ];
}
