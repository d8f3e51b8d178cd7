import type { Stats } from "node:fs";
import { nodeFs } from "./builtins.ts";

/** Why a file is not read, as words that stand behind its name: `it is a pipe (FIFO); name a regular file`. */
export class UnfitFile extends Error {
  override readonly name = "UnfitFile";
}

/** What a file held, and which one it was. */
export interface FileContent {
  readonly bytes: Uint8Array;
  /** When it was last written, in milliseconds since the epoch. */
  readonly modifiedMs: number;
  /** The same for two names of one file, whatever links lead there. */
  readonly identity: string;
}

/** Most bytes of a file of certificates: all authorities that a system trusts have less. */
export const MOST_PEM_BYTES = 4 * 1_048_576;
const PIECE_BYTES = 65_536;
/** A FIFO is opened at once, whoever writes to it; a terminal does not become ours. */
function harmlessly(): number {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = nodeFs().constants;
  return O_RDONLY | O_NONBLOCK | O_NOCTTY;
}

/**
 * Read a regular file whole, at most so many bytes of it: neither a FIFO nor a device nor an endless file holds anybody
 * up. What is not a regular file is not even opened, since opening some devices does something.
 * @throws UnfitFile, or an error with a `code` of the file system
 */
export function readRegularFile(path: string, mostBytes: number): FileContent {
  demandRegular(nodeFs().statSync(path));
  const descriptor = nodeFs().openSync(path, harmlessly());
  try {
    // Again: the name may lead elsewhere by now.
    const stats = nodeFs().fstatSync(descriptor);
    demandRegular(stats);
    const bytes = readBounded(descriptor, stats.size, mostBytes);
    return { bytes, modifiedMs: stats.mtimeMs, identity: `${stats.dev}:${stats.ino}` };
  } finally {
    nodeFs().closeSync(descriptor);
  }
}

/**
 * Look at what is to be opened for writing, before it is: a FIFO would hold us up until somebody reads from it. What is
 * not there yet is right.
 * @throws UnfitFile for a link, too: it may lead to anything
 */
export function demandRegularFile(path: string): void {
  const stats = nodeFs().lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink()) throw new UnfitFile("it is a symbolic link; name a regular file");
  if (stats) demandRegular(stats);
}

function demandRegular(stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new UnfitFile("it is a directory; name a file");
  const kind = stats.isFIFO() ? "a pipe (FIFO)" : stats.isSocket() ? "a socket" : "a device";
  throw new UnfitFile(`it is ${kind}; name a regular file`);
}

/** The size is a guess only: files of /proc have none, and others grow. */
function readBounded(descriptor: number, size: number, mostBytes: number): Uint8Array {
  const tooLarge = () => new UnfitFile(`it is larger than ${sizeInWords(mostBytes)}, which is the most`);
  if (size > mostBytes) throw tooLarge();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let room = size + 1;; room = PIECE_BYTES) {
    const piece = new Uint8Array(room);
    const count = nodeFs().readSync(descriptor, piece, 0, room, null);
    if (count === 0) return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    pieces.push(piece.subarray(0, count));
    length += count;
    if (length > mostBytes) throw tooLarge();
  }
}

function sizeInWords(bytes: number): string {
  return bytes % 1_048_576 === 0 ? `${bytes / 1_048_576} MiB` : `${Math.floor(bytes / 1_024)} KiB`;
}
