import { Raw } from "../core/measure/raw.ts";
import { Look } from "../platform/mod.ts";
import type {
  Platform,
  ProcessDirectory,
  ProcessOrigin,
  ProcessReader,
  ProcessTraffic,
  ThreadReading,
} from "../platform/mod.ts";

/** Switches and descriptors are read only of one that is looked at in detail. */
const WANTED = { counters: true, io: true, switches: true, fileDescriptors: true };
/** A process that does not run is read anew every so many refreshes, a share of them at each: its pages may be gone. */
const REST = 20;
/** So often those that are looked at closely. */
const CLOSE_REST = 4;

/** A process of the machine, as of the last refresh that found it. */
export interface HostProcess extends ProcessOrigin {
  readonly pid: number;
  /** With the PID, its identity; see `ProcessIdentity`. */
  readonly birth: number;
  readonly startTimeMs: number;
  /** The kernel made it for itself. */
  readonly isKernelThread: boolean;
  parentPid: number;
  name: string;
  /** The arguments joined by spaces; the name in brackets where there are none. */
  command: string;
  /** One letter; see `ProcessReader`. */
  state: string;
  threadCount: number;
  cpuSeconds: number;
  /** Over the time since the refresh before; NaN at the first one of all. 100 is one core. */
  cpuPercent: number;
  memoryBytes: number;
  /** From storage and to it, a second, over the time since the refresh before; NaN where it is not known. */
  diskReadBytes: number;
  diskWriteBytes: number;
  /** A second, the loopback's included; NaN where it is not known. */
  networkRxBytes: number;
  networkTxBytes: number;
}

/** What is read of one process when it is asked for; NaN where it is not known. */
export interface ProcessDetails {
  /** The most memory it ever had, as the kernel notes it down (VmHWM on Linux). */
  readonly peakMemoryBytes: number;
  /** With shared pages divided among those who share them. */
  readonly pssBytes: number;
  readonly fileDescriptorCount: number;
  /** Since its start, those of children included that it has waited for. */
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  readonly threads: readonly ThreadReading[];
}

interface Entry {
  readonly reader: ProcessReader;
  readonly process: HostProcess;
  /** Bytes read and written at the refresh before. */
  read: number;
  written: number;
}

/**
 * All processes of the machine, read again and again as cheaply as can be: files stay open, and what has not run since
 * the last time is not read, but for a share of it in turn.
 */
export class ProcessTable {
  /** The processes there are, in no order. */
  readonly processes = new Set<HostProcess>();
  readonly #entries = new Map<number, Entry>();
  #refreshes = 0;
  #lastMs = NaN;

  /** @param traffic counts what they receive and send; undefined: nobody does */
  constructor(
    readonly platform: Platform,
    readonly directory: ProcessDirectory,
    readonly traffic?: ProcessTraffic,
  ) {}

  /**
   * Look at all processes.
   * @param nowMs on a monotonic clock
   * @param closely processes that are read more often while they do not run, such as those on a screen
   */
  refresh(nowMs: number, closely: ReadonlySet<HostProcess>): void {
    const seconds = (nowMs - this.#lastMs) / 1_000;
    this.#lastMs = nowMs;
    let turn = this.#refreshes++;
    for (const [pid, entry] of this.#entries) {
      turn++;
      const force = turn % REST === 0 || (turn % CLOSE_REST === 0 && closely.has(entry.process));
      if (!this.#renew(entry, seconds, force)) this.#forget(pid, entry);
    }
    for (const pid of this.directory.newcomers()) if (!this.#entries.has(pid)) this.#discover(pid, seconds);
    const { traffic, processes } = this;
    if (!traffic) return;
    traffic.look(processes, nowMs);
    for (const process of processes) {
      process.networkRxBytes = traffic.rxBytesPerSecond(process.pid);
      process.networkTxBytes = traffic.txBytesPerSecond(process.pid);
    }
  }

  /** The most memory a process ever had, as the kernel notes it down; NaN where it does not, or the process is gone. */
  peakOf({ pid }: HostProcess): number {
    const reader = this.#entries.get(pid)?.reader;
    reader?.lookAtDetails();
    return reader?.row[Raw.peakMemoryBytes] ?? NaN;
  }

  /** All that can be told of one process; null when it is gone. */
  detailsOf(process: HostProcess): ProcessDetails | null {
    const entry = this.#entries.get(process.pid);
    if (entry?.process !== process) return null;
    const { reader, reader: { row } } = entry;
    reader.lookAtDetails();
    return {
      peakMemoryBytes: row[Raw.peakMemoryBytes],
      pssBytes: this.platform.pssBytes(process.pid),
      fileDescriptorCount: row[Raw.fileDescriptorCount],
      diskReadBytes: row[Raw.diskReadBytes],
      diskWriteBytes: row[Raw.diskWriteBytes],
      voluntarySwitches: row[Raw.voluntarySwitches],
      involuntarySwitches: row[Raw.involuntarySwitches],
      threads: reader.threads(),
    };
  }

  /** Let go of all files. */
  close(): void {
    for (const [pid, entry] of this.#entries) this.#forget(pid, entry);
    this.traffic?.close();
  }

  /** False when the process is gone. */
  #renew(entry: Entry, seconds: number, force: boolean): boolean {
    const { reader, process } = entry;
    const look = reader.look(force);
    if (look === Look.gone) return false;
    const before = process.cpuSeconds;
    process.cpuSeconds = reader.cpuSeconds;
    process.cpuPercent = ((reader.cpuSeconds - before) / seconds) * 100;
    if (look === Look.moved || force) copy(reader, process);
    noteIo(entry, seconds);
    return true;
  }

  #discover(pid: number, seconds: number): void {
    const reader = this.platform.openProcess(pid, WANTED);
    if (!reader) return;
    const origin = this.directory.origin(pid);
    const process: HostProcess = {
      ...origin,
      pid,
      birth: reader.birth,
      startTimeMs: reader.startTimeMs,
      // A zombie has no arguments either.
      isKernelThread: origin.isKernelThread ?? (reader.args === null && !reader.isZombie),
      parentPid: 0,
      name: "",
      command: "",
      state: "",
      threadCount: 0,
      cpuSeconds: reader.cpuSeconds,
      // What began since the last time has used all it has used since then.
      cpuPercent: this.#refreshes > 1 ? (reader.cpuSeconds / seconds) * 100 : NaN,
      memoryBytes: NaN,
      diskReadBytes: NaN,
      diskWriteBytes: NaN,
      networkRxBytes: NaN,
      networkTxBytes: NaN,
    };
    copy(reader, process);
    const entry = { reader, process, read: 0, written: 0 };
    // What began since the last time has read all it has read since then.
    noteIo(entry, this.#refreshes > 1 ? seconds : NaN);
    this.#entries.set(pid, entry);
    this.processes.add(process);
  }

  #forget(pid: number, { reader, process }: Entry): void {
    reader.close();
    this.#entries.delete(pid);
    this.processes.delete(process);
  }
}

function copy(reader: ProcessReader, into: HostProcess): void {
  into.parentPid = reader.parentPid;
  into.state = reader.state;
  into.threadCount = reader.row[Raw.threadCount];
  into.memoryBytes = reader.row[Raw.memoryBytes];
  // In its first moments some systems do not tell its arguments yet.
  const isUnknown = into.command === "" || (into.command.startsWith("[") && reader.args !== null);
  if (into.name === reader.name && !isUnknown) return;
  into.name = reader.name;
  into.command = reader.args?.join(" ").trim() || `[${reader.name}]`;
}

/** Bytes that were counted while it could not be read are those of the refresh at which it can be again. */
function noteIo(entry: Entry, seconds: number): void {
  const { process, reader: { row, hasCurrentIo } } = entry;
  if (!hasCurrentIo) {
    process.diskReadBytes = process.diskWriteBytes = NaN;
    return;
  }
  const [read, written] = [row[Raw.diskReadBytes], row[Raw.diskWriteBytes]];
  process.diskReadBytes = (read - entry.read) / seconds;
  process.diskWriteBytes = (written - entry.written) / seconds;
  entry.read = read;
  entry.written = written;
}
