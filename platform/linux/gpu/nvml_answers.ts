import type { ForeignMemory } from "../sys/memory.ts";

/*
 * Layouts of nvml.h, read from memory. What cannot be is dropped: drivers leave rubbish in places that they do not
 * fill.
 */

/** nvmlReturn_t, as far as it is told apart. */
export const NVML = {
  success: 0,
  notSupported: 3,
  noPermission: 4,
  notFound: 6,
  insufficientSize: 7,
  driverNotLoaded: 9,
  gpuIsLost: 15,
  versionMismatch: 18,
} as const;

const WORDS: Readonly<Record<number, string>> = {
  1: "it is not initialized",
  [NVML.notSupported]: "not supported",
  [NVML.noPermission]: "no permission",
  8: "a GPU has no power",
  [NVML.driverNotLoaded]: "the driver is not loaded",
  10: "the driver does not answer",
  12: "the library is not whole",
  [NVML.gpuIsLost]: "a GPU has fallen off the bus",
  17: "the operating system refuses the device",
  [NVML.versionMismatch]:
    "driver and library are of different versions; restart the machine after the update",
  25: "driver and library are of different versions",
};

/** What a code of NVML's says, in words. */
export function nvmlWords(code: number): string {
  return WORDS[code] ?? `error ${code}`;
}

/**
 * nvmlProcessInfo_t of the second version on: pid u32, usedGpuMemory u64 at 8, gpuInstanceId u32, computeInstanceId
 * u32.
 */
export const PROCESS_SIZE = 24;
/** The first version's, without instances. */
export const OLD_PROCESS_SIZE = 16;
/** nvmlProcessUtilizationSample_t: pid u32, timeStamp u64 at 8, smUtil, memUtil, encUtil, decUtil u32. */
export const SAMPLE_SIZE = 32;
/** nvmlProcessUtilizationInfo_t: timeStamp u64, pid u32, smUtil and five more u32. */
export const INFO_SIZE = 40;
/** nvmlProcessesUtilizationInfo_t: version u32, count u32, lastSeenTimeStamp u64, address. */
export const INFO_REQUEST_SIZE = 24;
/** Version 1 of it, as NVML_STRUCT_VERSION makes it. */
export const INFO_REQUEST_VERSION = INFO_REQUEST_SIZE | 1 << 24;

/** Memory of one process on one device, or on one part of it. */
export interface ProcessMemory {
  readonly pid: number;
  /** Which part of a device that is divided (MIG); the whole one has but one. */
  readonly instance: string;
  readonly bytes: number;
}

/**
 * Entries of a list of running processes.
 * @param mostBytes what the device has, NaN where it is not known: nobody has more
 */
export function parseProcesses(
  memory: ForeignMemory,
  count: number,
  size: number,
  mostBytes: number,
): ProcessMemory[] {
  const { view } = memory;
  const whole = Math.min(count, Math.floor(memory.size / size));
  return Array.from({ length: whole }, (_, index) => {
    const at = index * size;
    const bytes = memory.getU64(at + 8);
    const instance = size === PROCESS_SIZE
      ? `${view.getUint32(at + 16, true)}/${view.getUint32(at + 20, true)}`
      : "";
    // All ones: it is not available, as under WDDM or without rights.
    const isKnown = bytes <= Number.MAX_SAFE_INTEGER && !(bytes > mostBytes);
    return { pid: view.getUint32(at, true), instance, bytes: isKnown ? bytes : NaN };
  }).filter(({ pid }) => pid > 0);
}

/** How busy one process kept a device in a time that ends then. */
export interface UtilizationSample {
  readonly pid: number;
  readonly timestampUs: number;
  readonly percent: number;
}

/** @param size {@link SAMPLE_SIZE} or {@link INFO_SIZE}, which tells the layout */
export function parseUtilization(
  memory: ForeignMemory,
  count: number,
  size: number,
  lastSeenUs: number,
): UtilizationSample[] {
  const { view } = memory;
  const [pidAt, timeAt, percentAt] = size === SAMPLE_SIZE ? [0, 8, 16] : [8, 0, 12];
  const whole = Math.min(count, Math.floor(memory.size / size));
  return Array.from({ length: whole }, (_, index) => ({
    pid: view.getUint32(index * size + pidAt, true),
    timestampUs: memory.getU64(index * size + timeAt),
    percent: view.getUint32(index * size + percentAt, true),
  })).filter(({ pid, timestampUs, percent }) =>
    pid > 0 && percent <= 100 && timestampUs > lastSeenUs && timestampUs <= Number.MAX_SAFE_INTEGER
  );
}

/** The memory of each process: parts of a device add up; who computes and draws is in both lists, with the same. */
export function memoryByPid(lists: readonly (readonly ProcessMemory[])[]): Map<number, number> {
  const parts = new Map<number, Map<string, number>>();
  for (const { pid, instance, bytes } of lists.flat()) {
    let ofPid = parts.get(pid);
    if (!ofPid) parts.set(pid, ofPid = new Map());
    const before = ofPid.get(instance) ?? NaN;
    ofPid.set(instance, bytes >= before || Number.isNaN(before) ? bytes : before);
  }
  return new Map([...parts].map(([pid, ofPid]) => [pid, [...ofPid.values()].reduce((a, b) => a + b)]));
}

/** The mean of each process's samples. */
export function percentByPid(samples: readonly UtilizationSample[]): Map<number, number> {
  return new Map(
    [...Map.groupBy(samples, ({ pid }) => pid)].map(([pid, own]) => [
      pid,
      own.reduce((sum, { percent }) => sum + percent, 0) / own.length,
    ]),
  );
}
