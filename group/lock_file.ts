import { loadPlatform } from "../platform/mod.ts";
import type { FileLock } from "../platform/mod.ts";

export type { FileLock };

/**
 * Take a lock that the kernel gives back when this program ends, whatever way; null when another process has it. The file
 * is made where it is missing.
 * @throws an error with the `code` of the failed open
 */
export async function lockFile(path: string): Promise<FileLock | null> {
  return (await loadPlatform()).lockFile(path);
}
