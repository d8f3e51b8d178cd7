import type { SavedGroup } from "../core/schema/saved_group.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Container, Platform } from "../platform/mod.ts";

const LOOK_EVERY_MS = 10;
/** A process in an uninterruptible wait does not end on SIGKILL. */
const PATIENCE_MS = 5_000;
const NOTHING = { counters: false, io: false, switches: false, fileDescriptors: false };

/**
 * Kill what is left of a group that was kept by a program which is gone, and remove its container. A matching PID
 * alone is not enough: a member carries the group's mark, or is in its cgroup.
 */
export async function endLeftovers(saved: SavedGroup): Promise<void> {
  const platform = await loadPlatform();
  if (saved.boot_id !== platform.bootId()) return;
  const container = takeUp(platform, saved);
  if (container === null) return await platform.reapMarked(saved.marker);
  const deadline = performance.now() + PATIENCE_MS;
  while (container.isPopulated() && performance.now() < deadline) {
    // Before Linux 5.14 nothing kills a cgroup as a whole.
    if (!container.kill()) await platform.reapMarked(saved.marker);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  container.release();
}

/** The cgroup of the group; null when it has none, or it may be another's of the same name by now. */
function takeUp(platform: Platform, { directory, marker }: SavedGroup): Container | null {
  if (directory === null) return null;
  const owner = platform.ownerOf(directory);
  if (owner !== null && owner !== process.pid && isAlive(owner)) return null;
  const request = { wanted: NOTHING, marker, soleParent: false, guarded: false, adopted: true };
  try {
    return platform.adoptContainer(request, directory);
  } catch {
    return null; // It is gone, and whatever was in it.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
