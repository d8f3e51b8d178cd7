import { nodeFs, nodePath } from "../../io/builtins.ts";
import { canOthersWrite, trustedUsers, userName } from "./private_directory.ts";

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Whether somebody else could have put a file where it was found, or written what it says: who is neither root nor we.
 * Each symbolic link on the way is asked for, with the directory it is in. Where no system tells owners (Windows),
 * nobody is suspected.
 * @returns a clause that says who; null where nobody could have
 * @throws an error with a `code` where there is no such file
 */
export function foreignHand(path: string): string | null {
  if (process.geteuid === undefined) return null;
  const { lstatSync, readlinkSync, realpathSync } = nodeFs();
  const { basename, dirname, join, resolve } = nodePath();
  const trusted = trustedUsers();
  let here = resolve(path);
  for (let links = 0; links <= MOST_LINKS; links++) {
    const directory = realpathSync(dirname(here));
    const name = join(directory, basename(here));
    for (const place of [directory, name]) {
      const found = lstatSync(place);
      const which = place === directory ? `${directory}, which it is in,` : links === 0 ? "it" : name;
      if (!trusted.has(found.uid)) return `${which} belongs to ${userName(found.uid)}`;
      // The mode of a link says nothing.
      if (!found.isSymbolicLink() && canOthersWrite(found)) {
        return `others may write to ${which.replace(/,$/, "")}`;
      }
    }
    if (!lstatSync(name).isSymbolicLink()) return null;
    here = resolve(directory, readlinkSync(name));
  }
  return "it leads through too many symbolic links";
}
