import { Raw, unknownRow } from "../../core/raw.ts";
import { Look } from "../types.ts";
import type { ProcessReader, ThreadReading, Wanted } from "../types.ts";
import { bootTimeMs } from "./boot_time.ts";
import { processCpuSeconds } from "./cpu_clock.ts";
import { listDirectory } from "./directory.ts";
import { descriptorCount } from "./descriptor_count.ts";
import { closeFile, openFile, readFile, readOpen, readPiece, text, textAsString } from "./kernel_file.ts";
import { PAGE_SIZE } from "./page_size.ts";
import { parseResidentPages } from "./proc_statm.ts";
import { parseProcIo } from "./proc_io.ts";
import { emptyProcStat, parseProcStat, STOPPED, TICKS_PER_SECOND, TRACED, ZOMBIE } from "./proc_stat.ts";
import { ignoresChildren, parseProcStatus } from "./proc_status.ts";
import { readThreads } from "./threads.ts";

const OPENING_PARENTHESIS = 40;
const CLOSING_PARENTHESIS = 41;
/** Descriptors kept open over all readers; beyond it, files are opened for each read. */
const DESCRIPTOR_BUDGET = 8_192;
let descriptorsInUse = 0;

/** A process seen through `/proc/PID`; see {@link ProcessReader}. */
export class LinuxProcessReader implements ProcessReader {
  readonly row = unknownRow();
  cpuSeconds = 0;
  name = "";
  args: readonly string[] | null = null;
  discardsChildren = false;
  readonly startTimeMs: number;
  readonly #stat = emptyProcStat();
  #statFile = -1;
  #ioFile = -1;
  /** Held open only where nothing of the stat file is wanted. */
  #statmFile = -1;
  #nameHash = 0;
  #detailsAtClock = NaN;
  birth = -1;

  /** Open a process; null when it is gone. */
  static open(pid: number, wanted: Wanted): LinuxProcessReader | null {
    const statFile = openFile(`/proc/${pid}/stat`);
    if (statFile < 0) return null;
    const reader = new LinuxProcessReader(pid, wanted, statFile);
    if (reader.birth >= 0) return reader;
    reader.close();
    return null;
  }

  private constructor(readonly pid: number, readonly wanted: Wanted, statFile: number) {
    this.#statFile = this.#hold(statFile);
    if (this.#readStat(processCpuSeconds(pid))) this.birth = this.#stat.startTicks;
    this.startTimeMs = bootTimeMs() + (this.birth * 1_000) / TICKS_PER_SECOND;
    if (this.birth >= 0) this.#readIo();
    if (!wanted.counters) this.#statmFile = this.#hold(openFile(`/proc/${pid}/statm`));
    if (descriptorsInUse > DESCRIPTOR_BUDGET) this.#dropDescriptors();
  }

  get parentPid(): number {
    return this.#stat.parentPid;
  }

  get session(): number {
    return this.#stat.session;
  }

  get isZombie(): boolean {
    return this.#stat.state === ZOMBIE;
  }

  get isSuspended(): boolean {
    return this.#stat.state === STOPPED || this.#stat.state === TRACED;
  }

  get state(): string {
    return String.fromCharCode(this.#stat.state);
  }

  look(force: boolean): number {
    const clock = processCpuSeconds(this.pid);
    if (clock === this.cpuSeconds && !force) return Look.unmoved;
    // The clock goes by the bare PID; a file held open is the process itself, so it decides.
    const before = this.cpuSeconds;
    if (this.#statmFile >= 0) {
      if (!this.#readMemory(clock)) return Look.gone;
      return clock === before ? Look.unmoved : Look.moved;
    }
    if (!this.#readStat(clock)) return Look.gone;
    if (this.cpuSeconds === before) return Look.unmoved;
    this.#readIo();
    return Look.moved;
  }

  lookAtDetails(): void {
    // Who has not run since has opened, closed and mapped nothing.
    const clock = processCpuSeconds(this.pid);
    if (clock === this.#detailsAtClock && !Number.isNaN(this.row[Raw.peakMemoryBytes])) return;
    this.#detailsAtClock = clock;
    if (!this.wanted.counters) this.#readStat(clock);
    this.#readStatus();
    if (this.wanted.fileDescriptors) this.row[Raw.fileDescriptorCount] = descriptorCount(this.pid);
  }

  lookAtSignals(): void {
    if (!readPiece(`/proc/${this.pid}/status`)) return;
    this.discardsChildren = ignoresChildren(text.bytes, text.length);
  }

  threads(): ThreadReading[] {
    return readThreads(this.pid);
  }

  close(): void {
    this.#dropDescriptors();
  }

  /** @param clock what the CPU clock of the PID says; NaN where it says nothing */
  #readStat(clock: number): boolean {
    const readable = this.#statFile >= 0 ? readOpen(this.#statFile) : readPiece(`/proc/${this.pid}/stat`);
    if (!readable || !parseProcStat(text.bytes, text.length, PAGE_SIZE, this.#stat, this.row)) return false;
    if (this.birth >= 0 && this.#stat.startTicks !== this.birth) return false;
    // Without a clock, or with one that runs behind what was seen, the file's own ticks must do.
    const seconds = clock >= this.cpuSeconds ? clock : Math.max(this.cpuSeconds, this.row[Raw.cpuSeconds]);
    this.row[Raw.cpuSeconds] = this.cpuSeconds = seconds;
    this.#noteMemory(this.row[Raw.memoryBytes]);
    const hash = this.#hashName();
    if (hash !== this.#nameHash) {
      this.#nameHash = hash;
      this.#readName();
    }
    return true;
  }

  /** CPU and memory alone, at half the price. */
  #readMemory(clock: number): boolean {
    if (Number.isNaN(clock) || !readOpen(this.#statmFile)) return false;
    this.row[Raw.cpuSeconds] = this.cpuSeconds = clock;
    this.#noteMemory(parseResidentPages(text.bytes, text.length) * PAGE_SIZE);
    this.#readIo();
    return true;
  }

  #noteMemory(bytes: number): void {
    this.row[Raw.memoryBytes] = bytes;
    if (bytes > 0 && !(bytes <= this.row[Raw.peakMemoryBytes])) this.row[Raw.peakMemoryBytes] = bytes;
  }

  #readIo(): void {
    if (!this.wanted.io) return;
    if (this.#ioFile < 0 && this.#statFile >= 0) {
      this.#ioFile = this.#hold(openFile(`/proc/${this.pid}/io`));
    }
    // Refused for good where it is another user's, and for a moment while a member of ours calls execve.
    if (this.#ioFile >= 0 ? readOpen(this.#ioFile) : readPiece(`/proc/${this.pid}/io`)) {
      parseProcIo(text.bytes, text.length, this.row);
    }
  }

  #readStatus(): void {
    const { row } = this;
    const seen = row[Raw.peakMemoryBytes];
    if (!readPiece(`/proc/${this.pid}/status`)) return;
    this.discardsChildren = ignoresChildren(text.bytes, text.length);
    parseProcStatus(text.bytes, text.length, row);
    if (seen > row[Raw.peakMemoryBytes]) row[Raw.peakMemoryBytes] = seen;
    if (!this.wanted.switches) row[Raw.voluntarySwitches] = row[Raw.involuntarySwitches] = NaN;
    else if (row[Raw.threadCount] > 1) this.#addThreadSwitches();
  }

  /** The status file counts the switches of one thread: those of the others are added. */
  #addThreadSwitches(): void {
    for (const { name: thread } of listDirectory(`/proc/${this.pid}/task`)) {
      if (Number(thread) === this.pid || !readPiece(`/proc/${this.pid}/task/${thread}/status`)) continue;
      if (!parseProcStatus(text.bytes, text.length, scratchRow)) continue;
      this.row[Raw.voluntarySwitches] += scratchRow[Raw.voluntarySwitches];
      this.row[Raw.involuntarySwitches] += scratchRow[Raw.involuntarySwitches];
    }
  }

  /** A name that changed means a new program (execve) or a renamed process: read both anew. */
  #readName(): void {
    const comm = textAsString();
    this.name = comm.slice(comm.indexOf("(") + 1, comm.lastIndexOf(")"));
    const known = readFile(`/proc/${this.pid}/cmdline`) && text.length > 0;
    if (known) this.args = textAsString().replace(/\0$/, "").split("\0");
  }

  #hashName(): number {
    const { bytes, length } = text;
    let at = 0;
    while (at < length && bytes[at] !== OPENING_PARENTHESIS) at++;
    let end = length - 1;
    while (end > at && bytes[end] !== CLOSING_PARENTHESIS) end--;
    let hash = 17;
    for (at++; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]) | 0;
    return hash;
  }

  #hold(descriptor: number): number {
    if (descriptor >= 0) descriptorsInUse++;
    return descriptor;
  }

  #dropDescriptors(): void {
    for (const descriptor of [this.#statFile, this.#ioFile, this.#statmFile]) {
      if (descriptor < 0) continue;
      closeFile(descriptor);
      descriptorsInUse--;
    }
    this.#statFile = this.#ioFile = this.#statmFile = -1;
  }
}

const scratchRow = unknownRow();
