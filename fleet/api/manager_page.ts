import { Gauge, Registry } from "prom-client";
import { VERSION } from "../../core/schema/version.ts";
import type { FleetApiParts } from "./api.ts";

/** Figures of the manager itself in Prometheus's text format, read at this moment. */
export async function managerPage(
  { query, store, ingest, alerts }: FleetApiParts,
): Promise<{ text: string; contentType: string }> {
  const registry = new Registry();
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> =>
    new Gauge({ name: `proctor_manager_${name}`, help, labelNames, registers: [registry] });
  gauge("info", "The manager; always 1.", ["version"]).set({ version: VERSION }, 1);
  const { agents, tasks } = query.overview(null);
  const agentCount = gauge("agents", "Agents by their presence.", ["presence"]);
  for (const [presence, count] of Object.entries(agents)) agentCount.set({ presence }, count);
  const taskCount = gauge("tasks", "Tasks by their state.", ["state"]);
  for (const [state, count] of Object.entries(tasks)) taskCount.set({ state }, count);
  const messages = gauge("messages_total", "Messages that came.", ["unit"]);
  const samples = gauge("samples_total", "Samples that were taken in.", ["unit"]);
  const bytes = gauge("message_bytes_total", "Bytes of the messages that came.", ["unit"]);
  const lag = gauge("lag_seconds", "How old the last sample was as it was taken in.", ["unit"]);
  const refused = gauge("refused_messages_total", "Messages that were refused.", ["unit", "reason"]);
  for (const one of ingest?.units() ?? []) {
    const { unit } = one;
    if (one.isOfOther) continue;
    messages.set({ unit }, one.messages);
    samples.set({ unit }, one.samples);
    bytes.set({ unit }, one.bytes);
    if (one.lagSeconds !== null) lag.set({ unit }, one.lagSeconds);
    for (const { reason, count } of one.refused) refused.inc({ unit, reason }, count);
  }
  const size = gauge("store_bytes", "What each tier takes in the store.", ["tier"]);
  for (const { tier, bytes } of await store.use()) size.set({ tier }, bytes);
  if (ingest) {
    gauge(
      "clock_offset_seconds",
      "How far the clock of this machine is ahead of the one that times are by.",
      [],
    )
      .set(ingest.clockAheadMs / 1_000);
  }
  if (alerts) {
    gauge(
      "rule_files_differ",
      "Whether managers of one store have files with other rules or destinations.",
      [],
    )
      .set(alerts.difference === null ? 0 : 1);
  }
  const { rss } = process.memoryUsage();
  gauge("resident_memory_bytes", "Memory of the manager.", []).set(rss);
  const { user, system } = process.cpuUsage();
  gauge("cpu_seconds_total", "CPU time of the manager.", []).set((user + system) / 1e6);
  // What only grows is a counter, though it is read and not counted here.
  const text = (await registry.metrics()).replace(/^# TYPE (\S+_total) gauge$/gm, "# TYPE $1 counter");
  return { text, contentType: registry.contentType };
}
