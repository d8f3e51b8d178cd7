import { nodeFs } from "../../io/builtins.ts";
import { linkTarget } from "./link_target.ts";
import { ownDescriptor } from "../../io/own_descriptor.ts";
import { rewriteFile } from "../../io/private_file.ts";
import { writeWhole } from "../../io/terminal/output.ts";

/** What reads a FIFO has so long to open it, and to take something of what is written. */
const FIFO_PATIENCE_MS = 3_000;
const PAUSE_MS = 10;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * Write a file, whole or not at all: beside its place, and moved there. A symbolic link stays one, and what is not a
 * plain file (a terminal, a device, an open descriptor such as `/dev/stdout`) is written to as it is; a FIFO that nobody reads
 * is given up after three seconds.
 * @throws the error of the system, with its `code`, or StrangersLink; what was there before is as it was
 */
export function writeFileWhole(path: string, content: string | Uint8Array): void {
  const descriptor = ownDescriptor(path);
  if (descriptor !== null) {
    const failure = writeWhole(descriptor, content);
    if (failure) throw failure;
    return;
  }
  const place = linkTarget(path);
  const found = nodeFs().statSync(place, { throwIfNoEntry: false });
  if (found?.isFIFO()) return writeFifo(place, content);
  if (found && !found.isFile()) return nodeFs().writeFileSync(place, content);
  const beside = `${place}.new-${process.pid}`;
  try {
    // Made anew: a link that somebody has laid there is not followed.
    nodeFs().writeFileSync(beside, content, { flag: "wx", mode: (found?.mode ?? 0o666) & 0o777 });
    nodeFs().renameSync(beside, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST") nodeFs().rmSync(beside, { force: true });
    // In a directory of others a file can still be ours.
    if (found && (code === "EACCES" || code === "EPERM" || code === "EEXIST")) {
      return rewriteFile(place, content);
    }
    throw error;
  }
}

/**
 * Wait until a FIFO has a reader, without standing still in open(2) as long as nobody comes.
 * @returns a descriptor to be closed when the FIFO was opened for good: a reader whose last writer goes has read all
 * @throws an error with the code ENXIO when nobody does within three seconds
 */
export async function fifoReader(path: string): Promise<number> {
  for (const endMs = Date.now() + FIFO_PATIENCE_MS;;) {
    try {
      return nodeFs().openSync(path, nodeFs().constants.O_WRONLY | nodeFs().constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO" || Date.now() > endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function writeFifo(path: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const descriptor = patiently(
    () => nodeFs().openSync(path, nodeFs().constants.O_WRONLY | nodeFs().constants.O_NONBLOCK),
    "ENXIO",
  );
  try {
    for (let at = 0; at < bytes.length;) {
      at += patiently(() => nodeFs().writeSync(descriptor, bytes, at), "EAGAIN");
    }
  } finally {
    nodeFs().closeSync(descriptor);
  }
}

/** Try again as long as it fails by `code`, for a while. */
function patiently<T>(attempt: () => T, code: string): T {
  for (const endMs = Date.now() + FIFO_PATIENCE_MS;;) {
    try {
      return attempt();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== code || Date.now() > endMs) throw error;
      Atomics.wait(PAUSE, 0, 0, PAUSE_MS);
    }
  }
}
