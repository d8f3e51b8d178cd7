import type { Attributes } from "@opentelemetry/api";
import type { TaskMessage } from "../../core/task_message.ts";
import type { CounterName } from "../counters.ts";
import type { Instrument, Measured } from "./instruments.ts";

const READ: Attributes = { "disk.io.direction": "read" };
const WRITE: Attributes = { "disk.io.direction": "write" };
const RECEIVE: Attributes = { "network.io.direction": "receive" };
const TRANSMIT: Attributes = { "network.io.direction": "transmit" };
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
  uptime: instrument("process.uptime", "s", "gauge", "double", "The time the process has been running."),
} satisfies Record<string, Instrument>;

/** The values of a message; counters are taken from those that never fall. */
export function taskMeasurements(
  { metrics }: TaskMessage,
  counters: Partial<Record<CounterName, number>>,
): Measured[] {
  return [
    [INSTRUMENTS.cpu, [[counters.cpu_seconds]]],
    [INSTRUMENTS.memory, [[metrics.memory_bytes]]],
    [INSTRUMENTS.pss, [[metrics.memory_pss_bytes]]],
    [INSTRUMENTS.disk, [[counters.disk_read_bytes, READ], [counters.disk_write_bytes, WRITE]]],
    [INSTRUMENTS.io, [[counters.io_read_bytes, READ], [counters.io_write_bytes, WRITE]]],
    [INSTRUMENTS.network, [[counters.network_rx_bytes, RECEIVE], [counters.network_tx_bytes, TRANSMIT]]],
    [INSTRUMENTS.processes, [[metrics.process_count]]],
    [INSTRUMENTS.threads, [[metrics.thread_count]]],
    [INSTRUMENTS.descriptors, [[metrics.file_descriptor_count]]],
    [INSTRUMENTS.switches, [
      [counters.voluntary_context_switches, VOLUNTARY],
      [counters.involuntary_context_switches, INVOLUNTARY],
    ]],
    [INSTRUMENTS.faults, [[counters.minor_faults, MINOR], [counters.major_faults, MAJOR]]],
    [INSTRUMENTS.uptime, [[metrics.uptime_seconds]]],
  ];
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
