import type { SpaceReading, SpaceReadings } from "../../contract/host.ts";
import { machineLibrary } from "../sys/libraries.ts";
import { copyOf, getU64, scratchMemory } from "../sys/memory.ts";
import { fromWide, wide } from "../text/wide.ts";

// GetDriveTypeW.
const REMOVABLE = 2;
const FIXED = 3;
const REMOTE = 4;
const MEMORY = 6;
/** Errors instead of a window that asks for a disk. */
const SEM_FAILCRITICALERRORS = 1;

// Where answers stand in the scratch memory.
const NUMBERS = { available: 0, total: 8, free: 16, serial: 24 } as const;
const NAME_AT = 64;
const NAME_UNITS = 64;

/**
 * The space of all drives of this machine that have a disk in them. What another machine has, is named as unanswered:
 * the question may take minutes.
 */
export function readDrives(withNetwork: boolean): SpaceReadings | null {
  const library = machineLibrary();
  const scratch = scratchMemory();
  const units = library.GetLogicalDriveStringsW(scratch.size / 2, scratch.address);
  if (units === 0) return null;
  const drives = Buffer.from(scratch.bytes.slice(0, units * 2)).toString("utf16le").split("\0").filter(
    Boolean,
  );
  library.SetThreadErrorMode(SEM_FAILCRITICALERRORS, 0);
  const spaces: SpaceReading[] = [];
  const unanswered: string[] = [];
  for (const drive of drives) {
    const path = copyOf(wide(drive));
    const type = library.GetDriveTypeW(path.address);
    if (type === REMOTE && withNetwork) unanswered.push(drive);
    const isLocal = type === REMOVABLE || type === FIXED || type === MEMORY;
    const space = isLocal ? readDrive(drive, path.address) : null;
    if (space) spaces.push(space);
    path.free();
  }
  return { spaces, unanswered };
}

function readDrive(point: string, path: number): SpaceReading | null {
  const { address, bytes, view } = scratchMemory();
  const library = machineLibrary();
  const name = address + NAME_AT;
  const serial = address + NUMBERS.serial;
  if (library.GetVolumeInformationW(path, 0, 0, serial, 0, 0, name, NAME_UNITS) === 0) return null;
  const type = fromWide(bytes.subarray(NAME_AT, NAME_AT + NAME_UNITS * 2));
  const done = library.GetDiskFreeSpaceExW(
    path,
    address + NUMBERS.available,
    address + NUMBERS.total,
    address + NUMBERS.free,
  );
  if (done === 0) return null;
  const totalBytes = getU64(view, NUMBERS.total);
  return {
    point,
    type,
    source: point.slice(0, 2),
    space: `${view.getUint32(NUMBERS.serial, true)}/${point}`,
    pool: null,
    totalBytes,
    usedBytes: totalBytes - getU64(view, NUMBERS.free),
    availableBytes: getU64(view, NUMBERS.available),
  };
}
