import { join } from "../../../core/posix_path.ts";
import type { HostRoots, SpaceReading, SpaceReadings } from "../../contract/host.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { readText, textAsString } from "../proc/kernel_file.ts";
import { parseMountinfo } from "../proc/mountinfo.ts";
import type { Mount } from "../proc/mountinfo.ts";
import { isDirectory } from "../sys/file_mode.ts";
import { mayKeepWaiting, parseBlockTypes, realMounts } from "./real_mounts.ts";
import { readSpace, readSpaceElsewhere } from "./statfs.ts";
import type { Space } from "./statfs.ts";
import { waitAtMost } from "../../../io/deadline.ts";

/** How long a file system of another machine, or of a program, may take to answer. */
const PATIENCE_MS = 500;

/**
 * Reads the space of the mounted file systems, and parses the mount table anew only when the kernel says that it has
 * changed.
 */
export class SpaceReader {
  readonly #mountinfo: KeptFile;
  readonly #filesystems: string;
  #chosen: { withNetwork: boolean; mounts: Mount[] } | undefined;
  /** Calls that have not returned: a file system that hangs is asked once, not once more each time. */
  readonly #waiting = new Map<string, Promise<Space | null>>();

  constructor({ proc }: HostRoots) {
    this.#mountinfo = new KeptFile(join(proc, "self/mountinfo"));
    this.#filesystems = join(proc, "filesystems");
  }

  /** Read them all; at once, unless one may keep us waiting. null when the mount table cannot be read. */
  read(withNetwork: boolean): SpaceReadings | Promise<SpaceReadings> | null {
    const mounts = this.#mounts(withNetwork);
    if (!mounts) return null;
    const spaces: SpaceReading[] = [];
    const unanswered: string[] = [];
    const take = (mount: Mount, space: Space | null) => {
      if (!space) unanswered.push(mount.point);
      // Without blocks it is none that could fill up.
      else if (space.totalBytes > 0) spaces.push(describe(mount, space));
    };
    const slow: Promise<void>[] = [];
    for (const mount of mounts) {
      if (mayKeepWaiting(mount.type)) {
        slow.push(this.#ask(mount.point).then((space) => take(mount, space)));
      } else take(mount, readSpace(mount.point));
    }
    return slow.length === 0
      ? { spaces, unanswered }
      : Promise.all(slow).then(() => ({ spaces, unanswered }));
  }

  #mounts(withNetwork: boolean): Mount[] | null {
    const known = this.#chosen?.withNetwork === withNetwork ? this.#chosen.mounts : undefined;
    // Writing the table out is most of what all this costs, and mount table and poll(2) know of each other
    // (proc_pid_mounts(5)). Asked before the table is read: what changes in between is told the next time.
    if (this.#mountinfo.isUnchanged() && known) return known;
    if (!this.#mountinfo.readWhole()) return null;
    const all = parseMountinfo(textAsString());
    // Types are added with their modules, before the first mount of one.
    const types = parseBlockTypes(readText(this.#filesystems) ?? "");
    const mounts = realMounts(all, types, withNetwork)
      // Containers mount single files of the machine's disk (/etc/hosts). Whoever may hang is not even asked that.
      .filter(({ root, point, type }) => root === "/" || mayKeepWaiting(type) || isDirectory(point));
    this.#chosen = { withNetwork, mounts };
    return mounts;
  }

  async #ask(point: string): Promise<Space | null> {
    let pending = this.#waiting.get(point);
    if (!pending) {
      pending = readSpaceElsewhere(point).finally(() => this.#waiting.delete(point));
      this.#waiting.set(point, pending);
    }
    return await waitAtMost(PATIENCE_MS, pending) ?? null;
  }
}

function describe(
  { device, point, type, source }: Mount,
  { totalBytes, freeBytes, availableBytes, id }: Space,
): SpaceReading {
  return {
    point,
    type,
    source,
    // An overlay gives the identity of the file system that it writes to, under a device number of its own.
    space: id === null ? device : `${id}/${totalBytes}`,
    pool: type === "zfs" ? source.split("/")[0] : null,
    totalBytes,
    usedBytes: Math.max(0, totalBytes - freeBytes),
    availableBytes,
  };
}
