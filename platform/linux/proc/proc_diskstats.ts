import { cursor, nextInteger } from "./bytes.ts";
import { decode } from "./decode.ts";

/** A sector of this file, whatever those of the device are (Documentation/admin-guide/iostats.rst). */
const SECTOR_BYTES = 512;
const NEWLINE = 10;
const BLANK = 32;

/** One line of /proc/diskstats. */
export interface DiskCounters {
  readonly name: string;
  readonly readCount: number;
  readonly readBytes: number;
  readonly readSeconds: number;
  readonly writeCount: number;
  readonly writeBytes: number;
  readonly writeSeconds: number;
  readonly inFlightCount: number;
  readonly busySeconds: number;
}

/**
 * Parse /proc/diskstats (proc_diskstats(5)), which is `bytes[0, length)`: `254 0 vda 49101 8032 2752162 …`. Devices
 * that were never used (the kernel makes loop devices in advance) are left out.
 */
export function parseDiskstats(bytes: Uint8Array, length: number): DiskCounters[] {
  const disks: DiskCounters[] = [];
  for (let line = 0; line < length;) {
    let end = line;
    while (end < length && bytes[end] !== NEWLINE) end++;
    const disk = parseLine(bytes, line, end);
    if (disk && disk.readCount + disk.writeCount > 0) disks.push(disk);
    line = end + 1;
  }
  return disks;
}

function parseLine(bytes: Uint8Array, start: number, end: number): DiskCounters | null {
  nextInteger(bytes, start, end); // major
  nextInteger(bytes, cursor.at, end); // minor
  let from = cursor.at;
  while (from < end && bytes[from] === BLANK) from++;
  let to = from;
  while (to < end && bytes[to] !== BLANK) to++;
  cursor.at = to;
  const next = () => nextInteger(bytes, cursor.at, end);
  const readCount = next();
  next(); // reads merged
  const readBytes = next() * SECTOR_BYTES;
  const readSeconds = next() / 1_000;
  const writeCount = next();
  next(); // writes merged
  const writeBytes = next() * SECTOR_BYTES;
  const writeSeconds = next() / 1_000;
  const inFlightCount = next();
  const busySeconds = next() / 1_000;
  if (Number.isNaN(busySeconds)) return null;
  return {
    name: decode(bytes, from, to),
    readCount,
    readBytes,
    readSeconds,
    writeCount,
    writeBytes,
    writeSeconds,
    inFlightCount,
    busySeconds,
  };
}
