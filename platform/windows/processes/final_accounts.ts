import { Raw } from "../../../core/measure/raw.ts";
import { kernel32 } from "../sys/libraries.ts";
import { getU64, scratchMemory } from "../sys/memory.ts";
import { seconds } from "../sys/times.ts";
import { checkTimes, tellsTimes } from "./told_times.ts";

// PROCESS_MEMORY_COUNTERS and IO_COUNTERS by offset, on 64 bits.
const MEMORY = { size: 72, pageFaultCount: 4, peakWorkingSet: 8 } as const;
const IO = { readBytes: 24, writeBytes: 32 } as const;

/** What the system says of a process, be it an ended one, whose handle is given: its exit code. */
export function exitCodeOf(handle: number): number {
  const { address, view } = scratchMemory();
  return kernel32().GetExitCodeProcess(handle, address) === 0 ? 1 : view.getUint32(0, true);
}

/** Bring the row of an ended process to its end, by what its handle still tells. */
export function readFinalAccounts(handle: number, row: Float64Array): void {
  checkTimes(handle, row[Raw.cpuSeconds]);
  if (tellsTimes()) readTimes(handle, row);
  const { address, view } = scratchMemory();
  view.setUint32(0, MEMORY.size, true);
  if (kernel32().K32GetProcessMemoryInfo(handle, address, MEMORY.size) !== 0) {
    raise(row, Raw.peakMemoryBytes, getU64(view, MEMORY.peakWorkingSet));
    raise(row, Raw.minorFaults, view.getUint32(MEMORY.pageFaultCount, true) - (row[Raw.majorFaults] || 0));
  }
  if (kernel32().GetProcessIoCounters(handle, address) !== 0) {
    raise(row, Raw.ioReadBytes, getU64(view, IO.readBytes));
    raise(row, Raw.ioWriteBytes, getU64(view, IO.writeBytes));
  }
  row[Raw.memoryBytes] = 0;
}

function readTimes(handle: number, row: Float64Array): void {
  const { address, view } = scratchMemory();
  if (kernel32().GetProcessTimes(handle, address, address + 8, address + 16, address + 24) === 0) return;
  row[Raw.systemSeconds] = seconds(view, 16);
  row[Raw.userSeconds] = seconds(view, 24);
  row[Raw.cpuSeconds] = row[Raw.userSeconds] + row[Raw.systemSeconds];
}

function raise(row: Float64Array, column: number, value: number): void {
  if (!(value <= row[column])) row[column] = value;
}
