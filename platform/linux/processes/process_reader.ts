import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { Look } from "../../contract/processes.ts";
import type { ProcessReader, ThreadReading, Wanted } from "../../contract/processes.ts";
import { bootTimeMs } from "../proc/boot_time.ts";
import { takeBornIo } from "../launch/born_io.ts";
import { joiningBytes } from "../launch/joining_bytes.ts";
import { processCpuSeconds } from "./cpu_clock.ts";
import { descriptorCount } from "./descriptor_count.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { isMissing, readFile, readPiece, text, textAsString } from "../proc/kernel_file.ts";
import { livingThread } from "./living_thread.ts";
import { hashName, parseName } from "./process_name.ts";
import { ownProc } from "../proc/own_proc.ts";
import { PAGE_SIZE } from "../proc/page_size.ts";
import { parseArguments } from "./process_entry.ts";
import { parseProcIo } from "../proc/proc_io.ts";
import {
  emptyProcStat,
  parseProcStat,
  STOPPED,
  TICKS_PER_SECOND,
  TRACED,
  ZOMBIE,
} from "../proc/proc_stat.ts";
import { ignoresChildren, parseProcStatus } from "../proc/proc_status.ts";
import { ProcessWaitsReader } from "./process_waits.ts";
import { ResidentMemory } from "./resident_memory.ts";
import { readThreads, threadSwitches } from "./threads.ts";

/** The birth of a process of which nothing could be read when it was opened: its PID alone stands for it. */
export const UNKNOWN_BIRTH = -1;
/** What such a process is called. */
const NAMELESS = "?";

/** A process seen through `/proc/PID`; see {@link ProcessReader}. */
export class LinuxProcessReader implements ProcessReader {
  readonly row = unknownRow();
  cpuSeconds = 0;
  name = NAMELESS;
  args: readonly string[] | null = null;
  discardsChildren = false;
  hasCurrentIo = false;
  birth = UNKNOWN_BIRTH;
  startTimeMs = Date.now();
  lags = false;
  readonly openedAtMs = performance.now();
  readonly waits: ProcessWaitsReader;
  readonly #stat = emptyProcStat();
  readonly #statFile: KeptFile;
  readonly #ioFile: KeptFile;
  writtenBefore = 0;
  /** Where nothing of the stat file is wanted, or not each time: the cheaper one, as long as it is open. */
  #memory: ResidentMemory | undefined;
  /** Where the files are that tell of memory, arguments and descriptors: a thread's when the main one has ended. */
  #directory: string;
  #nameHash = 0;
  /** Whether the command line is still to be read: in the midst of execve the new name stands before it does. */
  #awaitsArguments = false;
  #detailsAtClock = NaN;
  #waitsAtClock = NaN;
  #wasRead = false;

  /** Open a process; null when it is gone, or cannot be read now (`isMissing` tells which). */
  static open(pid: number, wanted: Wanted): LinuxProcessReader | null {
    if (!ownProc()) return LinuxProcessReader.#openUnseen(pid, wanted);
    const reader = new LinuxProcessReader(pid, wanted);
    if (reader.#readFirst()) return reader;
    reader.close();
    return null;
  }

  /**
   * Open a child that we have not waited for: its PID is its own until then, so that it is looked at by that, where
   * nothing can be read.
   */
  static openChild(pid: number, wanted: Wanted): LinuxProcessReader {
    const io = takeBornIo(pid);
    if (!wanted.io) io.close();
    const reader = new LinuxProcessReader(pid, wanted, io);
    reader.writtenBefore = joiningBytes(pid);
    if (!ownProc() || !reader.#readFirst()) {
      reader.#stat.parentPid = process.pid;
      reader.#noteCpu(processCpuSeconds(pid) || 0);
    }
    return reader;
  }

  /** Where /proc is not ours: whatever answers to the PID. */
  static #openUnseen(pid: number, wanted: Wanted): LinuxProcessReader | null {
    const clock = processCpuSeconds(pid);
    if (Number.isNaN(clock)) return null;
    const reader = new LinuxProcessReader(pid, wanted);
    reader.#noteCpu(clock);
    return reader;
  }

  private constructor(
    readonly pid: number,
    readonly wanted: Wanted,
    ioFile = new KeptFile(`/proc/${pid}/io`),
  ) {
    this.#directory = `/proc/${pid}`;
    this.waits = new ProcessWaitsReader(pid);
    this.#statFile = new KeptFile(`/proc/${pid}/stat`);
    this.#ioFile = ioFile;
    if (!wanted.counters) this.#memory = new ResidentMemory(pid);
  }

  /** Whether it could be read. */
  #readFirst(): boolean {
    // Opened before the one that tells who it is, it is of that process, or of one that is dead.
    this.#memory?.read();
    if (this.#readStat(processCpuSeconds(this.pid)) !== Look.moved) return false;
    this.birth = this.#stat.startTicks;
    this.startTimeMs = bootTimeMs() + (this.birth * 1_000) / TICKS_PER_SECOND;
    this.#readIo();
    return true;
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

  get hasFreshDetails(): boolean {
    return this.#detailsAtClock >= this.cpuSeconds;
  }

  /** Of what its memory is read as long as it has not run; negative where a look has more to see to. */
  get memoryDescriptor(): number {
    const { counters, io } = this.wanted;
    const isWhole = this.#wasRead && !this.lags && counters && (!io || this.hasCurrentIo);
    return isWhole ? this.#memory?.descriptor ?? -1 : -1;
  }

  look(force: boolean, briefly = false): number {
    const clock = processCpuSeconds(this.pid);
    const hasStood = clock === this.cpuSeconds && this.#wasRead;
    if (hasStood && !force && (briefly || !this.lags)) return Look.unmoved;
    if (hasStood && !this.lags && this.wanted.counters && this.#renewMemory()) return Look.unmoved;
    if (briefly && !force && clock > this.cpuSeconds && this.#lookBriefly(clock)) return Look.moved;
    return this.#lookFully(clock);
  }

  #lookFully(clock: number): number {
    // The clock goes by the bare PID; a file held open is the process itself, so it decides.
    const before = this.cpuSeconds;
    const look = !this.wanted.counters && this.#memory?.isOpen && clock === clock
      ? this.#readMemory(this.#memory, clock)
      : this.#readStat(clock);
    this.#wasRead = look !== Look.unread;
    if (look !== Look.moved) {
      // What was opened by the number may be another's.
      this.#memory?.close();
      return look;
    }
    const hasMoved = this.cpuSeconds !== before || this.lags;
    this.lags = false;
    if (hasMoved || !this.hasCurrentIo) this.#readIo();
    return hasMoved ? Look.moved : Look.unmoved;
  }

  /**
   * CPU and memory of a process that has run, and no more; false where that is not enough: it may be gone, a zombie, or
   * another program by now.
   */
  #lookBriefly(clock: number): boolean {
    if (!ownProc()) return false;
    this.#memory ??= new ResidentMemory(this.pid);
    const bytes = this.#memory.readOfSame();
    if (bytes === 0) return false;
    this.#noteCpu(clock);
    this.#noteMemory(bytes);
    this.lags = this.wanted.counters || this.wanted.io;
    this.hasCurrentIo = false;
    return true;
  }

  /** Of one that has not run: nothing but its memory can be another; false where the cheaper file cannot tell it. */
  #renewMemory(): boolean {
    if (!ownProc() || (this.wanted.io && !this.hasCurrentIo)) return false;
    this.#memory ??= new ResidentMemory(this.pid);
    const bytes = this.#memory.readOfSame();
    if (bytes > 0) this.#noteMemory(bytes);
    return bytes > 0;
  }

  lookAtDetails(): void {
    // Who has not run since has opened, closed and mapped nothing.
    const clock = processCpuSeconds(this.pid);
    if (clock === this.#detailsAtClock && !Number.isNaN(this.row[Raw.peakMemoryBytes])) return;
    if (!this.wanted.counters) this.#readStat(clock);
    if (!this.#readStatus()) return;
    this.#detailsAtClock = clock;
    if (this.wanted.fileDescriptors) {
      this.row[Raw.fileDescriptorCount] = descriptorCount(this.#directory);
    }
  }

  lookAtWaits(): void {
    if (!ownProc()) return;
    // Who has not run since has got no CPU that it could have waited for.
    const clock = processCpuSeconds(this.pid);
    if (clock === this.#waitsAtClock) return;
    this.#waitsAtClock = clock;
    this.waits.read(!(this.row[Raw.threadCount] <= 1));
  }

  lookAtSignals(): void {
    if (!ownProc() || !readPiece(`/proc/${this.pid}/status`)) return;
    this.discardsChildren = ignoresChildren(text.bytes, text.length);
  }

  inheritedFaults(): number {
    if (!ownProc() || !this.#statFile.read()) return NaN;
    if (!parseProcStat(text.bytes, text.length, PAGE_SIZE, scratchStat, scratchRow)) return NaN;
    return scratchStat.startTicks === this.birth ? scratchRow[Raw.reapedMinorFaults] : NaN;
  }

  threads(): ThreadReading[] {
    return ownProc() ? readThreads(this.pid) : [];
  }

  close(): void {
    this.#statFile.close();
    this.#ioFile.close();
    this.#memory?.close();
  }

  /**
   * Moved, unread or gone.
   * @param clock what the CPU clock of the PID says; NaN where it says nothing
   */
  #readStat(clock: number): number {
    if (!ownProc() || !this.#statFile.read()) return this.#doWithout(clock);
    const { row } = this;
    const memoryBefore = row[Raw.memoryBytes];
    if (!parseProcStat(text.bytes, text.length, PAGE_SIZE, this.#stat, row)) return Look.gone;
    if (this.birth >= 0 && this.#stat.startTicks !== this.birth) return Look.gone;
    // Without a clock, or with one that runs behind what was seen, the file's own ticks must do.
    this.#noteCpu(clock >= this.cpuSeconds ? clock : Math.max(this.cpuSeconds, row[Raw.cpuSeconds]));
    const hash = hashName(text.bytes, text.length);
    const isRenamed = hash !== this.#nameHash;
    if (isRenamed) this.name = parseName(textAsString());
    if (this.isZombie && row[Raw.threadCount] > 1) this.#lookThroughThread(memoryBefore);
    this.#noteMemory(row[Raw.memoryBytes]);
    // A name that changed means a new program (execve) or a renamed process.
    if (isRenamed || this.#awaitsArguments) this.#readArguments();
    this.#nameHash = hash;
    return Look.moved;
  }

  /** Nothing can be read: the process is gone, or known by its clock alone, which never runs backwards. */
  #doWithout(clock: number): number {
    if (ownProc() && isMissing()) return Look.gone;
    if (!(clock >= this.cpuSeconds)) return Look.gone;
    this.#noteCpu(clock);
    this.hasCurrentIo = false;
    return Look.unread;
  }

  #lookThroughThread(memoryBefore: number): void {
    const thread = livingThread(`/proc/${this.pid}`, this.#directory);
    if (thread) {
      this.#directory = thread.directory;
      this.#stat.state = thread.state;
      this.row[Raw.memoryBytes] = thread.memoryBytes;
    } else if (!isMissing()) {
      // Several threads stand in the file, and none could be looked at: alive as far as is known.
      this.#stat.state = 0;
      this.row[Raw.memoryBytes] = memoryBefore;
    }
  }

  /** CPU and memory alone, at half the price. */
  #readMemory(memory: ResidentMemory, clock: number): number {
    const bytes = memory.read();
    if (Number.isNaN(bytes)) return isMissing() ? Look.gone : this.#doWithout(clock);
    // It has ended, or its main thread has.
    if (bytes === 0) return this.#readStat(clock);
    this.#noteCpu(clock);
    this.#noteMemory(bytes);
    return Look.moved;
  }

  #noteCpu(seconds: number): void {
    this.row[Raw.cpuSeconds] = this.cpuSeconds = seconds;
  }

  #noteMemory(bytes: number): void {
    this.row[Raw.memoryBytes] = bytes;
    if (bytes > 0 && !(bytes <= this.row[Raw.peakMemoryBytes])) this.row[Raw.peakMemoryBytes] = bytes;
  }

  #readIo(): void {
    if (!this.wanted.io) return;
    // Refused for good where it is another user's, and for a moment while a member of ours calls execve.
    this.hasCurrentIo = this.#ioFile.read();
    if (!this.hasCurrentIo || !parseProcIo(text.bytes, text.length, this.row)) return;
    this.row[Raw.ioWriteBytes] = Math.max(0, this.row[Raw.ioWriteBytes] - this.writtenBefore);
  }

  #readStatus(): boolean {
    const { row } = this;
    const seen = row[Raw.peakMemoryBytes];
    if (!ownProc() || !readPiece(`${this.#directory}/status`)) return false;
    this.discardsChildren = ignoresChildren(text.bytes, text.length);
    parseProcStatus(text.bytes, text.length, row);
    if (seen > row[Raw.peakMemoryBytes]) row[Raw.peakMemoryBytes] = seen;
    if (!this.wanted.switches) row[Raw.voluntarySwitches] = row[Raw.involuntarySwitches] = NaN;
    else if (row[Raw.threadCount] > 1) this.#addThreadSwitches();
    return true;
  }

  /** The status file counts the switches of one thread: those of the others are added. */
  #addThreadSwitches(): void {
    const switches = threadSwitches(this.pid);
    if (!switches) return;
    this.row[Raw.voluntarySwitches] = switches.voluntary;
    this.row[Raw.involuntarySwitches] = switches.involuntary;
  }

  #readArguments(): void {
    const known = readFile(`${this.#directory}/cmdline`) && text.length > 0;
    if (known) this.args = parseArguments(textAsString());
    this.#awaitsArguments = !known && !this.isZombie;
  }
}

const scratchRow = unknownRow();
const scratchStat = emptyProcStat();
