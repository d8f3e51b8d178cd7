import type { DiskUsage } from "../core/schema/host_schema.ts";
import type { SpaceReading, SpaceReadings } from "../platform/mod.ts";
import { share, uint64 } from "./percent.ts";

/** The answer of RPCGetDiskUsage. */
export function diskUsage({ spaces, unanswered }: SpaceReadings): DiskUsage {
  const disk = Object.fromEntries(spaces.map((space) => {
    const { point, type, source, totalBytes, usedBytes, availableBytes } = space;
    return [point, {
      used: uint64(usedBytes),
      total: uint64(totalBytes),
      used_percent: share(usedBytes, usedBytes + availableBytes),
      available: uint64(availableBytes),
      file_system: type,
      device: source,
    }];
  }));
  return { disk, unanswered: [...unanswered] };
}

/**
 * Used and total bytes of all disks. The same space seen twice counts once; the file systems of a pool (ZFS) share
 * what is free, so that it counts once as well.
 */
export function diskTotals(spaces: readonly SpaceReading[]): { used: number; total: number } {
  const once = new Map(spaces.map((space) => [space.space, space]));
  const pools = new Map<string, { used: number; free: number }>();
  for (const { space, pool, usedBytes, totalBytes } of once.values()) {
    const name = pool === null ? `space ${space}` : `pool ${pool}`;
    const { used, free } = pools.get(name) ?? { used: 0, free: 0 };
    pools.set(name, { used: used + usedBytes, free: Math.max(free, totalBytes - usedBytes) });
  }
  let used = 0;
  let total = 0;
  for (const pool of pools.values()) {
    used += pool.used;
    total += pool.used + pool.free;
  }
  return { used: uint64(used), total: uint64(total) };
}
