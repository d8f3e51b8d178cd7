import type { ProcessClocks, ProcessReader } from "../../contract/processes.ts";
import { CALL_SIZE, callsInPlace, writeCall } from "../sys/call_list.ts";
import { systemCallAddress } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { systemCallNumber } from "../sys/syscall_numbers.ts";
import { clockOf, processCpuSeconds } from "./cpu_clock.ts";

const TIMESPEC_SIZE = 16;
const RESULT = 40;

/**
 * Reads the CPU clocks of many processes by one call of ours, which makes a system call for each: from JavaScript each
 * would cost three times as much. Where no machine code may run it is one call each all the same.
 */
export class LinuxProcessClocks implements ProcessClocks {
  readonly #call = callsInPlace();
  readonly #systemCall = systemCallAddress();
  #readers: readonly ProcessReader[] = [];
  #table: ForeignMemory | null = null;
  #words: Uint32Array = new Uint32Array(0);
  /** Of each process the words of its time when it was last found not to have run: these lie together. */
  #still: Uint32Array = new Uint32Array(0);
  /** In words: where the times begin, behind the calls. */
  #timesAt = 0;

  read(readers: readonly ProcessReader[]): void {
    if (readers !== this.#readers) this.#prepare(readers);
    if (this.#table) this.#call!(this.#table.address);
  }

  hasRun(index: number): boolean {
    if (!this.#table) return processCpuSeconds(this.#readers[index].pid) !== this.#readers[index].cpuSeconds;
    const words = this.#words;
    const still = this.#still;
    const at = this.#timesAt + index * TIMESPEC_SIZE / 4;
    if (words[(index * CALL_SIZE + RESULT) / 4] !== 0) return true;
    // The upper halves are 0: no process has used more than a century.
    if (words[at] === still[2 * index] && words[at + 2] === still[2 * index + 1]) return false;
    if (words[at] + words[at + 2] / 1e9 !== this.#readers[index].cpuSeconds) return true;
    still[2 * index] = words[at];
    still[2 * index + 1] = words[at + 2];
    return false;
  }

  close(): void {
    this.#table?.free();
    this.#table = null;
    this.#readers = [];
  }

  #prepare(readers: readonly ProcessReader[]): void {
    this.close();
    this.#readers = readers;
    const address = this.#systemCall;
    if (!this.#call || address === undefined || readers.length === 0) return;
    const calls = (readers.length + 1) * CALL_SIZE;
    const table = this.#table = new ForeignMemory(calls + readers.length * TIMESPEC_SIZE);
    const number = systemCallNumber("clock_gettime");
    readers.forEach(({ pid }, index) => {
      const time = table.address + calls + index * TIMESPEC_SIZE;
      writeCall(table, index, { address, args: [number, clockOf(pid) >>> 0, time] });
    });
    const { buffer, byteOffset } = table.bytes;
    this.#words = new Uint32Array(buffer, byteOffset, table.size / 4);
    this.#timesAt = calls / 4;
    // No time has so many nanoseconds.
    this.#still = new Uint32Array(2 * readers.length).fill(0xffff_ffff);
  }
}
