import type { DiskReading } from "../../contract/host.ts";
import type { Property } from "../layout/property_list.ts";
import { IoRegistry } from "../sys/io_registry.ts";
import type { LibSystem } from "../sys/libsystem.ts";

/** Drivers of whole devices. What APFS makes of their partitions has none of its own, and is in their figures. */
const DRIVER = "IOBlockStorageDriver";
/** Of a driver, in bytes, numbers, and nanoseconds. */
const STATISTICS = "Statistics";
/** Of the device below it. */
const CHARACTERISTICS = "Protocol Characteristics";
const LOCATION = "Physical Interconnect Location";
/** Where devices are whose bytes are in a file or in memory, as images of disks are. */
const MADE_OF_OTHERS: readonly Property[] = ["File", "RAM"];
/** Of the medium above it. */
const NAME = "BSD Name";

/** Reads the counters of block devices; null where IOKit cannot be had. */
export function diskReader(system: LibSystem): () => DiskReading[] | null {
  let registry: IoRegistry | null | undefined;
  return () => {
    registry ??= registry === null ? null : open(system);
    return registry && disks(registry);
  };
}

function open(system: LibSystem): IoRegistry | null {
  try {
    return new IoRegistry(system);
  } catch {
    return null;
  }
}

function disks(registry: IoRegistry): DiskReading[] {
  const found: DiskReading[] = [];
  registry.eachService(DRIVER, (driver) => {
    const name = registry.childProperties(driver).get(NAME);
    const statistics = registry.dictionary(driver, STATISTICS);
    // A drive without a disk in it has no medium.
    if (typeof name !== "string" || statistics.size === 0) return;
    const count = (key: string) => Number(statistics.get(key) ?? 0);
    const seconds = (key: string) => {
      const value = statistics.get(key);
      return typeof value === "number" ? value / 1e9 : null;
    };
    const location = registry.parentDictionary(driver, CHARACTERISTICS).get(LOCATION);
    found.push({
      name,
      isPhysical: location === undefined || !MADE_OF_OTHERS.includes(location),
      readCount: count("Operations (Read)"),
      readBytes: count("Bytes (Read)"),
      readSeconds: seconds("Total Time (Read)"),
      writeCount: count("Operations (Write)"),
      writeBytes: count("Bytes (Write)"),
      writeSeconds: seconds("Total Time (Write)"),
      inFlightCount: null,
      busySeconds: null,
    });
  });
  return found;
}
