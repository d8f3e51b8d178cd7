import type { Stats } from "node:fs";
import { nodeFs, nodePath } from "../../io/builtins.ts";
import { isStranger } from "./own_user.ts";
import { trustedUsers } from "./private_directory.ts";

/** So many links does the kernel follow (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Where a path leads, be there something or not: a link to a file that is yet to be made leads to that file.
 * @returns the path itself where nobody can tell, as in a circle of links
 * @throws StrangersLink for a link that another user has laid
 */
export function linkTarget(path: string): string {
  const { lstatSync, readlinkSync, realpathSync } = nodeFs();
  const { basename, dirname, join, resolve } = nodePath();
  let place = path;
  for (let followed = 0; followed <= MOST_LINKS; followed++) {
    try {
      const found = lstatSync(place, { throwIfNoEntry: false });
      if (!found?.isSymbolicLink()) {
        return join(realpathSync(dirname(place)), basename(place));
      }
      refuseStrangersLink(place, found);
      place = resolve(
        realpathSync(dirname(place)),
        readlinkSync(place),
      );
    } catch (error) {
      if (error instanceof StrangersLink) throw error;
      // A directory that is missing on the way: writing there fails, and a link that leads there stays one.
      return (error as NodeJS.ErrnoException).code === "ENOENT" ? place : path;
    }
  }
  return path;
}

/** A link that belongs neither to us nor to root, in this user namespace or outside; the message says whose it is. */
export class StrangersLink extends Error {}

/**
 * Whoever reads links by himself is not kept by the kernel from following a stranger's link in a sticky directory
 * (proc_sys_fs(5), protected_symlinks).
 * @throws StrangersLink
 */
export function refuseStrangersLink(path: string, { uid }: Stats): void {
  if (!isStranger(uid) || trustedUsers().has(uid)) return;
  throw new StrangersLink(`"${path}" is a link that belongs to another user (${uid})`);
}
