import { rmSync } from "node:fs";
import { usageError } from "../core/error.ts";
import { readRegularFile, UnfitFile } from "../io/regular_file.ts";
import { LockTaken, takeLock } from "../platform/mod.ts";
import type { Lock } from "../platform/mod.ts";

const MOST_BYTES = 4_096;

/**
 * Keep something to this process, by a lock on a file that is removed with it. What a killed process has left is
 * taken over.
 *
 * @param path of the file, which is made
 * @param what it keeps, for the message
 * @param lockFile locks a file as the platform does
 * @throws ProctorError of kind `usage` while another one has it; or an error with the `code` of the file system
 */
export function takeOwnerFile(path: string, what: string, lockFile: (path: string) => Lock | null): Lock {
  demandRegular(path);
  try {
    const lock = takeLock(path, lockFile);
    return {
      file: lock.file,
      release() {
        // First: otherwise another process could lock a file that is about to lose its name.
        rmSync(path, { force: true });
        lock.release();
      },
    };
  } catch (error) {
    if (!(error instanceof LockTaken)) throw error;
    const holder = error.holder === undefined ? "another process" : `process ${error.holder}`;
    throw usageError(`${what} is in use by ${holder}; give each its own`);
  }
}

/** Opening a device may do something, and a FIFO holds no name. */
function demandRegular(path: string): void {
  try {
    readRegularFile(path, MOST_BYTES);
  } catch (error) {
    if (error instanceof UnfitFile) {
      throw usageError(`${path} is in the way: ${error.message.split("; ")[0]}; remove it`);
    }
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
