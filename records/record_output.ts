import { nodeFs } from "../io/builtins.ts";
import { usageError } from "../core/error.ts";
import { cannotWrite } from "../io/errno_words.ts";
import type { Output } from "../io/output.ts";
import type { Rotation } from "../io/rotation.ts";
import type { Platform } from "../platform/mod.ts";
import { fifoReader, linkTarget } from "../platform/mod.ts";

/** Where records go. */
export type Destination =
  | { readonly path: string }
  | { readonly descriptor: number }
  /** One that whoever has started us has passed on ({@link Platform.openHandle}). */
  | { readonly handle: number };

/** How a file of records is written. */
export interface OutputOptions {
  /** Whether what is there stays; default: it is made anew. */
  readonly append?: boolean;
  /**
   * Whether records go to a file on a local disk as they come, instead of in batches by another thread: cheaper for
   * few records at a time.
   */
  readonly atOnce?: boolean;
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
    throw usageError(`${name}: only a file can be rotated; add --records FILE`);
  }
  if (recordsMaxSize === undefined) {
    throw usageError(`${name}: nothing is rotated; add --records-max-size SIZE`);
  }
  return { maxBytes: recordsMaxSize, keep: recordsKeep ?? DEFAULT_KEEP, gzip: recordsGzip === true };
}

/** A destination in words. */
export function destinationName(destination: Destination): string {
  if ("path" in destination) return destination.path;
  if ("handle" in destination) return `handle ${destination.handle}`;
  return destination.descriptor === 1 ? "standard output" : `descriptor ${destination.descriptor}`;
}

/** Open a destination; undefined when it cannot be, which is told in one line. */
export async function openOutput(
  destination: Destination,
  platform: Platform,
  warn: (line: string) => void,
  options: OutputOptions = {},
): Promise<Output | undefined> {
  const toFile = (descriptor: number) =>
    options.atOnce ? platform.fileWriterAtOnce(descriptor) ?? undefined : undefined;
  if (!("path" in destination)) {
    const descriptor = "descriptor" in destination
      ? destination.descriptor
      : platform.openHandle(destination.handle);
    return {
      label: destinationName(destination),
      write: (bytes) => platform.writeDescriptor(descriptor, bytes),
      writeAtOnce: toFile(descriptor) ?? ((bytes) => platform.writeAtOnce(descriptor, bytes)),
      close: () => {}, // It is not ours to close.
    };
  }
  const { path } = destination;
  const { append = false, rotation } = options;
  let held = -1;
  try {
    // Some kernels follow a stranger's link (protected_symlinks in proc_sys_fs(5)).
    linkTarget(path);
    // open(2) would stand still for as long as nobody reads.
    if (isFifo(path)) held = await fifoReader(path);
    if (append || rotation) {
      const { RotatingFile } = await import("../io/rotating_file.ts");
      const writer = {
        open: platform.openForWriting,
        write: platform.writeDescriptor,
        close: platform.closeDescriptor,
        atOnce: (descriptor: number) => toFile(descriptor) ?? null,
      };
      return await RotatingFile.open(path, writer, { append, rotation, warn });
    }
    const descriptor = await platform.openForWriting(path);
    return {
      label: path,
      write: (bytes) => platform.writeDescriptor(descriptor, bytes),
      writeAtOnce: toFile(descriptor),
      close: () => platform.closeDescriptor(descriptor),
    };
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    warn(`records: ${cannotWrite(path, failure)}; the run goes on without them`);
    return undefined;
  } finally {
    if (held >= 0) nodeFs().closeSync(held);
  }
}

function isFifo(path: string): boolean {
  return nodeFs().statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}
