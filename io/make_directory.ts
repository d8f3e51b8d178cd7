import { closeSync, constants, fchmodSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Make a directory where there is none, with those above it that are missing; what is made has these permissions
 * whatever the umask, what is there stays as it is.
 * @throws an error with a `code` of the file system
 */
export function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    makeDirectory(dirname(path), mode);
    return makeDirectory(path, mode);
  }
  // Where directories cannot be opened, modes say nothing (Windows).
  if (constants.O_DIRECTORY === undefined) return;
  // By descriptor: a link may have been put into its place since.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
}
