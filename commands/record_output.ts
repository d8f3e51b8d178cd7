import { reasonOf } from "../exporters/record_writer.ts";
import type { Output } from "../exporters/record_writer.ts";
import type { Platform } from "../platform/mod.ts";

/** Where records go. */
export type Destination = { readonly path: string } | { readonly descriptor: number };

/** Open a destination; undefined when it cannot be, which is told in one line. */
export async function openOutput(
  destination: Destination,
  platform: Platform,
  warn: (line: string) => void,
): Promise<Output | undefined> {
  if ("descriptor" in destination) {
    const { descriptor } = destination;
    return {
      label: descriptor === 1 ? "standard output" : `descriptor ${descriptor}`,
      write: (bytes) => platform.writeDescriptor(descriptor, bytes),
      writeAtOnce: (bytes) => platform.writeAtOnce(descriptor, bytes),
      close: () => {}, // It is not ours to close.
    };
  }
  const { path } = destination;
  try {
    const descriptor = await platform.openForWriting(path);
    return {
      label: path,
      write: (bytes) => platform.writeDescriptor(descriptor, bytes),
      close: () => platform.closeDescriptor(descriptor),
    };
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    // A file that is to be made needs no more than its directory.
    const reason = failure.code === "ENOENT" ? "no such directory" : reasonOf(failure);
    warn(`records: cannot write ${path}: ${reason}; the run goes on without them`);
    return undefined;
  }
}
