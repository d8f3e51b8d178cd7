import { loadPlatform } from "../platform/mod.ts";

/** Gives a part of a file back to the file system; false where that cannot be done. */
export type ReleaseFileSpace = (path: string, offset: number, length: number) => boolean;

/**
 * What gives a part of a file back to the file system: it reads as zeros then, the file keeps its size, and whoever
 * appends to it is not disturbed.
 */
export async function loadReleaseFileSpace(): Promise<ReleaseFileSpace> {
  const platform = await loadPlatform();
  return (path, offset, length) => platform.releaseFileSpace(path, offset, length);
}
