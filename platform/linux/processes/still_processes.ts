import { Raw } from "../../../core/measure/raw.ts";
import type { ProcessReader, StillProcesses } from "../../contract/processes.ts";
import { parseResidentPages } from "../proc/proc_statm.ts";
import { PAGE_SIZE } from "../proc/page_size.ts";
import { CALL_SIZE, CallList, callsInPlace, writeCall } from "../sys/call_list.ts";
import { systemCallAddress } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { systemCallNumber } from "../sys/syscall_numbers.ts";
import { clockOf } from "./cpu_clock.ts";
import { LinuxProcessReader } from "./process_reader.ts";

const TIMESPEC_SIZE = 16;
/** Seven numbers of /proc/PID/statm (proc_pid_statm(5)), of which none has more than 20 digits. */
const TEXT_SIZE = 152;
const RESULT = 40;
/** Who is read together is mostly read together again; beyond this all begin anew. */
const MOST_BATCHES = 256;

/** Where the functions are that the calls of a batch are made of. */
interface Functions {
  readonly call: NonNullable<ReturnType<typeof callsInPlace>>;
  readonly systemCall: number;
  readonly pread: number;
}

/**
 * Reads the CPU clocks of many processes and their `statm`, from descriptors that their readers hold, by one call of
 * ours: what a sample of one that sleeps comes to.
 */
export class LinuxStillProcesses implements StillProcesses {
  readonly #batches = new Map<ProcessReader, Batch>();
  #batch: Batch | undefined;

  private constructor(readonly functions: Functions) {}

  /** null where no machine code may run. */
  static open(): LinuxStillProcesses | null {
    const [call, systemCall] = [callsInPlace(), systemCallAddress()];
    const pread = CallList.open()?.symbolAt("pread") ?? 0;
    return call && systemCall !== undefined && pread !== 0
      ? new LinuxStillProcesses({ call, systemCall, pread })
      : null;
  }

  read(readers: readonly ProcessReader[]): void {
    const [first] = readers;
    this.#batch = first && this.#batches.get(first);
    if (first && !this.#batch?.isOf(readers)) {
      this.#batch?.close();
      if (this.#batches.size >= MOST_BATCHES) this.close();
      this.#batches.set(first, this.#batch = new Batch(this.functions, readers));
    }
    this.#batch?.read();
  }

  isStill(index: number): boolean {
    return this.#batch?.isStill(index) ?? false;
  }

  close(): void {
    for (const batch of this.#batches.values()) batch.close();
    this.#batches.clear();
    this.#batch = undefined;
  }
}

/** Processes that are read together, and the table of the calls that do it: two for each, of its clock and its file. */
class Batch {
  readonly #table: ForeignMemory;
  readonly #words: Uint32Array;
  readonly #descriptors: Int32Array;
  readonly #timesAt: number;
  readonly #textsAt: number;

  constructor(readonly functions: Functions, readonly readers: readonly ProcessReader[]) {
    const count = readers.length;
    this.#timesAt = (2 * count + 1) * CALL_SIZE;
    this.#textsAt = this.#timesAt + count * TIMESPEC_SIZE;
    const table = this.#table = new ForeignMemory(this.#textsAt + count * TEXT_SIZE);
    this.#words = new Uint32Array(table.bytes.buffer, table.bytes.byteOffset, table.size / 4);
    this.#descriptors = new Int32Array(count);
    const number = systemCallNumber("clock_gettime");
    readers.forEach(({ pid }, index) => {
      const time = table.address + this.#timesAt + index * TIMESPEC_SIZE;
      const args = [number, clockOf(pid) >>> 0, time];
      writeCall(table, 2 * index, { address: functions.systemCall, args });
      this.#readFrom(index, -1);
    });
  }

  isOf(readers: readonly ProcessReader[]): boolean {
    if (readers.length !== this.readers.length) return false;
    for (let index = 0; index < readers.length; index++) {
      if (readers[index] !== this.readers[index]) return false;
    }
    return true;
  }

  read(): void {
    for (let index = 0; index < this.readers.length; index++) {
      const reader = this.readers[index];
      const descriptor = reader instanceof LinuxProcessReader ? reader.memoryDescriptor : -1;
      if (descriptor !== this.#descriptors[index]) this.#readFrom(index, descriptor);
    }
    this.functions.call(this.#table.address);
  }

  isStill(index: number): boolean {
    if (this.#descriptors[index] < 0) return false;
    const words = this.#words;
    const clock = (2 * index * CALL_SIZE + RESULT) / 4;
    const file = clock + CALL_SIZE / 4;
    if (words[clock] !== 0 || words[file + 1] !== 0) return false;
    const time = (this.#timesAt + index * TIMESPEC_SIZE) / 4;
    const { cpuSeconds, row } = this.readers[index];
    // The upper halves are 0: no process has used more than a century.
    if (words[time] + words[time + 2] / 1e9 !== cpuSeconds) return false;
    const at = this.#textsAt + index * TEXT_SIZE;
    const pages = parseResidentPages(this.#table.bytes, at + words[file], at);
    return pages > 0 && pages * PAGE_SIZE === row[Raw.memoryBytes];
  }

  close(): void {
    this.#table.free();
  }

  #readFrom(index: number, descriptor: number): void {
    this.#descriptors[index] = descriptor;
    const text = this.#table.address + this.#textsAt + index * TEXT_SIZE;
    const args = [descriptor < 0 ? 0xffff_ffff : descriptor, text, TEXT_SIZE, 0];
    writeCall(this.#table, 2 * index + 1, { address: this.functions.pread, args });
  }
}
