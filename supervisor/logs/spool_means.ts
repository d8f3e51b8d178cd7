import { chmodSync } from "node:fs";
import { makeDirectory } from "../../io/make_directory.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { OutputPump, Platform } from "../../platform/mod.ts";
import { troubleWith } from "./write_trouble.ts";

/** What spools need of the operating system. */
export interface SpoolMeans {
  /** Gives a part of a file back to the file system: see {@link Platform}. */
  readonly releaseFileSpace: Platform["releaseFileSpace"];
  /** null where there is none: then processes write to the file itself. */
  readonly pump: OutputPump | null;
  /**
   * Where the FIFOs lie: apart from the files, since Deno's watch of a directory opens what is new in it, and waits.
   */
  readonly fifoDirectory: string;
}

/**
 * Make the directories of the spools, and find out what can be had there.
 * @param isPumped false: as where nothing can be
 * @throws ProctorError when a directory cannot be made
 */
export async function loadSpoolMeans(directory: string, isPumped: boolean): Promise<SpoolMeans> {
  const fifoDirectory = `${directory}-pipes`;
  try {
    for (const path of [directory, fifoDirectory]) {
      makeDirectory(path, 0o700);
      // A user with access could write into every FIFO.
      chmodSync(path, 0o700);
    }
  } catch (error) {
    throw troubleWith("logs", error);
  }
  const { outputPump, releaseFileSpace } = await loadPlatform();
  const pump = isPumped && outputPump.canPump(directory) ? outputPump : null;
  return { releaseFileSpace, pump, fifoDirectory };
}
