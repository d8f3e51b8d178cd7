import { nodeFs } from "../../../io/builtins.ts";
import { systemCall } from "./machine_code.ts";

/** include/uapi/linux/falloc.h */
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/**
 * Give a part of a file back to the file system (fallocate(2)); it keeps its size, and reads as zeros there. Those who
 * append to it meanwhile are not disturbed.
 * @returns false where the file system cannot do that, or the file cannot be written
 */
export function releaseFileSpace(path: string, offset: number, length: number): boolean {
  let descriptor;
  try {
    descriptor = nodeFs().openSync(path, "r+");
  } catch {
    return false;
  }
  try {
    return systemCall("fallocate", descriptor, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, length) ===
      0;
  } finally {
    nodeFs().closeSync(descriptor);
  }
}
