import type { Attributes } from "@opentelemetry/api";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { METRICS } from "../../core/measure/metrics.ts";
import type { CounterName, Metric, MetricName } from "../../core/measure/metrics.ts";
import type { Instrument, Measured } from "./instruments.ts";

const READ: Attributes = { "disk.io.direction": "read" };
const WRITE: Attributes = { "disk.io.direction": "write" };
const RECEIVE: Attributes = { "network.io.direction": "receive" };
const TRANSMIT: Attributes = { "network.io.direction": "transmit" };
const LOOPBACK: Attributes = { "network.interface.name": "lo" };
const VOLUNTARY: Attributes = { "process.context_switch.type": "voluntary" };
const INVOLUNTARY: Attributes = { "process.context_switch.type": "involuntary" };
const MINOR: Attributes = { "system.paging.fault.type": "minor" };
const MAJOR: Attributes = { "system.paging.fault.type": "major" };

/** The process conventions' instruments, and by `proctor.` what they have no name for. */
const INSTRUMENTS = {
  cpu: instrument("process.cpu.time", "s", "counter", "double", "Total CPU time."),
  memory: instrument("process.memory.usage", "By", "up_down_counter", "int", "Physical memory in use."),
  pss: instrument("proctor.memory.pss", "By", "up_down_counter", "int", "Proportional set size."),
  disk: instrument("process.disk.io", "By", "counter", "int", "Bytes fetched from and sent to storage."),
  io: instrument(
    "proctor.io",
    "By",
    "counter",
    "int",
    "Bytes through read and write calls, caches included.",
  ),
  network: instrument("process.network.io", "By", "counter", "int", "Bytes received and transmitted."),
  processes: instrument(
    "proctor.process.count",
    "{process}",
    "up_down_counter",
    "int",
    "Processes of the task.",
  ),
  threads: instrument("process.thread.count", "{thread}", "up_down_counter", "int", "Threads."),
  descriptors: instrument(
    "process.unix.file_descriptor.count",
    "{file_descriptor}",
    "up_down_counter",
    "int",
    "Open file descriptors.",
  ),
  switches: instrument("process.context_switches", "{context_switch}", "counter", "int", "Context switches."),
  faults: instrument("process.paging.faults", "{fault}", "counter", "int", "Page faults."),
  gpu: instrument("proctor.gpu.usage", "%", "gauge", "double", "How busy GPUs are kept; 100 is one of them."),
  gpuMemory: instrument("proctor.gpu.memory", "By", "up_down_counter", "int", "Memory in use on GPUs."),
  uptime: instrument("process.uptime", "s", "gauge", "double", "The time the process has been running."),
} satisfies Record<string, Instrument>;

/** Where a metric goes. null: it follows from others, or the conventions have no place for it. */
export const PLACES: Readonly<Record<MetricName, readonly [Instrument, Attributes?] | null>> = {
  cpu_percent: null,
  cpu_seconds: [INSTRUMENTS.cpu],
  memory_bytes: [INSTRUMENTS.memory],
  memory_percent: null,
  memory_pss_bytes: [INSTRUMENTS.pss],
  disk_read_bytes: [INSTRUMENTS.disk, READ],
  disk_write_bytes: [INSTRUMENTS.disk, WRITE],
  disk_cancelled_write_bytes: null,
  io_read_bytes: [INSTRUMENTS.io, READ],
  io_write_bytes: [INSTRUMENTS.io, WRITE],
  network_rx_bytes: [INSTRUMENTS.network, RECEIVE],
  network_tx_bytes: [INSTRUMENTS.network, TRANSMIT],
  network_loopback_rx_bytes: [INSTRUMENTS.network, { ...RECEIVE, ...LOOPBACK }],
  network_loopback_tx_bytes: [INSTRUMENTS.network, { ...TRANSMIT, ...LOOPBACK }],
  thread_count: [INSTRUMENTS.threads],
  file_descriptor_count: [INSTRUMENTS.descriptors],
  minor_faults: [INSTRUMENTS.faults, MINOR],
  major_faults: [INSTRUMENTS.faults, MAJOR],
  voluntary_context_switches: [INSTRUMENTS.switches, VOLUNTARY],
  involuntary_context_switches: [INSTRUMENTS.switches, INVOLUNTARY],
  gpu_percent: [INSTRUMENTS.gpu],
  gpu_memory_bytes: [INSTRUMENTS.gpuMemory],
};
const BY_INSTRUMENT = Map.groupBy(METRICS.filter(({ name }) => PLACES[name]), ({ name }) => PLACES[name]![0]);

/** The values of a message; counters are taken from those that never fall. */
export function taskMeasurements(
  { metrics }: TaskMessage,
  counters: Partial<Record<CounterName, number>>,
): Measured[] {
  const value = ({ name, kind }: Metric) =>
    kind === "counter" ? counters[name as CounterName] : metrics[name];
  return [
    ...[...BY_INSTRUMENT].map(([instrument, placed]): Measured => [
      instrument,
      placed.map((metric) => [value(metric), PLACES[metric.name]![1]]),
    ]),
    [INSTRUMENTS.processes, [[metrics.process_count]]],
    [INSTRUMENTS.uptime, [[metrics.uptime_seconds]]],
    ...Object.entries(metrics.app ?? {}).map(([name, value]): Measured => [toldInstrument(name), [[value]]]),
  ];
}

/** `app_queue_depth` is `app.queue_depth`: reported by the program, so not by our name. */
function toldInstrument(name: string): Instrument {
  const kind = name.endsWith("_total") ? "counter" : "gauge";
  return instrument(name.replace("_", "."), "", kind, "double", "Reported by the program itself.");
}

function instrument(
  name: string,
  unit: string,
  kind: Instrument["kind"],
  type: Instrument["type"],
  description: string,
): Instrument {
  return { name, unit, kind, type, description };
}
