import { listDirectory } from "../sys/directory.ts";
import { fileSize } from "../sys/statx.ts";

let sizeIsCount: boolean | undefined;

/**
 * Open descriptors of a process; NaN when it is gone or may not be looked at. Since Linux 6.2 the size of
 * `/proc/PID/fd` is their number; before that the directory is listed.
 *
 * @param directory its own, `/proc/PID`, or that of one of its threads
 */
export function descriptorCount(directory: string): number {
  sizeIsCount ??= fileSize("/proc/self/fd") > 0;
  if (sizeIsCount) return fileSize(`${directory}/fd`);
  // A process has none at all only while it ends; a directory that may not be read looks the same.
  return listDirectory(`${directory}/fd`).length || NaN;
}
