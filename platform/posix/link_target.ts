import { StrangersLink } from "./strangers_link.ts";
import { trustedPath } from "./trusted_path.ts";

/**
 * Where a path leads, be there something or not: a link to a file that is yet to be made leads to that file.
 * @returns the path itself where nobody can tell, as in a circle of links
 * @throws StrangersLink for a link that another user has laid, to the file or to a directory above it
 */
export function linkTarget(path: string): string {
  try {
    return trustedPath(path);
  } catch (error) {
    if (error instanceof StrangersLink) throw error;
    return path;
  }
}
