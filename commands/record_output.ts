import { usageError } from "../core/error.ts";
import { reasonOf } from "../exporters/record_writer.ts";
import type { Output } from "../exporters/record_writer.ts";
import type { Rotation } from "../exporters/rotating_file.ts";
import type { Platform } from "../platform/mod.ts";

/** Where records go. */
export type Destination = { readonly path: string } | { readonly descriptor: number };

/** How a file of records is written. */
export interface OutputOptions {
  /** Whether what is there stays; default: it is made anew. */
  readonly append?: boolean;
  readonly rotation?: Rotation;
}

/** The flags of rotation as commander hands them over. */
export interface RotationFlags {
  recordsMaxSize?: number;
  recordsKeep?: number;
  recordsGzip?: boolean;
}

const DEFAULT_KEEP = 5;

/**
 * The rotation that the flags ask for.
 * @throws ProctorError of kind `usage` for one that has nothing to rotate
 */
export function rotationOf(flags: RotationFlags, destination: Destination | undefined): Rotation | undefined {
  const { recordsMaxSize, recordsKeep, recordsGzip } = flags;
  const name = recordsMaxSize !== undefined
    ? "--records-max-size"
    : recordsKeep !== undefined
    ? "--records-keep"
    : recordsGzip
    ? "--records-gzip"
    : undefined;
  if (name === undefined) return undefined;
  if (!destination || !("path" in destination)) {
    throw usageError(`${name}: only a file is begun anew; add --records FILE`);
  }
  if (recordsMaxSize === undefined) {
    throw usageError(`${name}: nothing is begun anew; add --records-max-size SIZE`);
  }
  return { maxBytes: recordsMaxSize, keep: recordsKeep ?? DEFAULT_KEEP, gzip: recordsGzip === true };
}

/** Open a destination; undefined when it cannot be, which is told in one line. */
export async function openOutput(
  destination: Destination,
  platform: Platform,
  warn: (line: string) => void,
  options: OutputOptions = {},
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
  const { append = false, rotation } = options;
  try {
    if (append || rotation) {
      const { RotatingFile } = await import("../exporters/rotating_file.ts");
      const writer = {
        open: platform.openForWriting,
        write: platform.writeDescriptor,
        close: platform.closeDescriptor,
      };
      return await RotatingFile.open(path, writer, { append, rotation, warn });
    }
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
