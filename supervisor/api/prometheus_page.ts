import { Gauge, Registry } from "prom-client";
import { PROCESS_STATES } from "../control.ts";
import type { ProcessStatus, SupervisorControl } from "../control.ts";

/** States, restarts and figures of all processes in Prometheus's text format, read at this moment. */
export async function prometheusPage(
  control: SupervisorControl,
): Promise<{ text: string; contentType: string }> {
  const registry = new Registry();
  const info = control.info();
  const processes = control.list();
  gauge(registry, "proctor_supervisor_info", "The supervisor; always 1.", ["version"]).set({
    version: info.version,
  }, 1);
  gauge(registry, "proctor_supervisor_start_time_seconds", "When the supervisor was started.", [])
    .set(Date.parse(info.started_at) / 1_000);
  const states = gauge(registry, "proctor_process_state", "1 for the state a process is in.", [
    "id",
    "type",
    "state",
  ]);
  for (const { id, type, state } of processes) {
    for (const one of PROCESS_STATES) states.set({ id, type, state: one }, one === state ? 1 : 0);
  }
  const figures: [name: string, help: string, of: (status: ProcessStatus) => number | null][] = [
    [
      "proctor_process_restarts_total",
      "Restarts since the supervisor took it up.",
      ({ restarts }) => restarts,
    ],
    [
      "proctor_process_uptime_seconds",
      "How long it has been running.",
      ({ uptime_seconds }) => uptime_seconds,
    ],
    [
      "proctor_process_cpu_cores",
      "Cores its tree keeps busy.",
      ({ cpu_percent }) => cpu_percent === null ? null : cpu_percent / 100,
    ],
    ["proctor_process_memory_bytes", "Memory of its tree.", ({ memory_bytes }) => memory_bytes],
    ["proctor_process_count", "Processes in its tree.", ({ process_count }) => process_count],
    [
      "proctor_process_network_rx_bytes_total",
      "Payload that its tree has received, but for the loopback's.",
      ({ network_rx_bytes }) => network_rx_bytes,
    ],
    [
      "proctor_process_network_tx_bytes_total",
      "Payload that its tree has sent, but for the loopback's.",
      ({ network_tx_bytes }) => network_tx_bytes,
    ],
    [
      "proctor_process_network_loopback_rx_bytes_total",
      "Payload that its tree has received through the loopback.",
      ({ network_loopback_rx_bytes }) => network_loopback_rx_bytes,
    ],
    [
      "proctor_process_network_loopback_tx_bytes_total",
      "Payload that its tree has sent through the loopback.",
      ({ network_loopback_tx_bytes }) => network_loopback_tx_bytes,
    ],
    [
      "proctor_process_healthy",
      "1 when its health check says so, 0 when not; absent while that is not known.",
      ({ health }) => health === "healthy" ? 1 : health === "unhealthy" ? 0 : null,
    ],
  ];
  for (const [name, help, of] of figures) {
    const figure = gauge(registry, name, help, ["id"]);
    for (const status of processes) {
      const value = of(status);
      // Absent is not zero.
      if (value !== null) figure.set({ id: status.id }, value);
    }
  }
  for (const name of toldNames(processes)) {
    const told = gauge(registry, `proctor_process_${name}`, "Reported by the program itself.", ["id"]);
    for (const { id, app } of processes) if (typeof app?.[name] === "number") told.set({ id }, app[name]);
  }
  // What only grows is a counter, though it is read and not counted here.
  const text = (await registry.metrics()).replace(/^# TYPE (\S+_total) gauge$/gm, "# TYPE $1 counter");
  return { text, contentType: registry.contentType };
}

/** What the processes tell of themselves, bounded for each of them. */
function toldNames(processes: readonly ProcessStatus[]): string[] {
  return [...new Set(processes.flatMap(({ app }) => Object.keys(app ?? {})))].sort();
}

function gauge<L extends string>(registry: Registry, name: string, help: string, labelNames: L[]): Gauge<L> {
  return new Gauge({ name, help, labelNames, registers: [registry] });
}
