import { fstatSync, lstatSync } from "node:fs";
import type { Stats } from "node:fs";
import { trustedPath } from "../../platform/mod.ts";

/** Where a log goes, by whatever name it was called. */
export interface LogPlace {
  /** Without links: two names of one file have one such path. */
  readonly path: string;
  /** `device`: it is written to, and neither renamed, nor compressed, nor read back. */
  readonly kind: "file" | "device";
  /** What is there; null: it is yet to be made. */
  readonly found: Stats | null;
}

/**
 * Follow a name to where a log of that name goes.
 * @throws an error with a `code` and the `path`, whose message says why no log can go there
 */
export function placeOf(path: string): LogPlace {
  let at: string;
  try {
    at = trustedPath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    throw refusal(path, (error as Error).message);
  }
  const found = lookAt(at);
  return { path: at, kind: found ? kindOf(found, path) : "file", found };
}

/**
 * What kind of place this is.
 * @throws an error that says why no log can go there
 */
export function kindOf(found: Stats, path: string): LogPlace["kind"] {
  if (found.isCharacterDevice()) return "device";
  if (found.isFile()) {
    if (isOwnOutput(found)) {
      throw refusal(path, "it is our own standard output or error; write type: stdout or type: stderr");
    }
    return "file";
  }
  if (found.isDirectory()) throw refusal(path, "it is a directory");
  if (found.isFIFO()) {
    throw refusal(path, "it is a FIFO, which waits for a reader and keeps nothing; name a file");
  }
  if (found.isSocket()) throw refusal(path, "it is a socket; name a file");
  throw refusal(path, "it is a block device, and a log would overwrite what is on it; name a file");
}

function isOwnOutput({ dev, ino }: Stats): boolean {
  return [1, 2].some((descriptor) => {
    try {
      const own = fstatSync(descriptor);
      return own.dev === dev && own.ino === ino;
    } catch {
      return false; // Closed.
    }
  });
}

/** What is there; null also where access is denied: opening it will fail with the reason. */
function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") return null;
    throw error;
  }
}

function refusal(path: string, message: string): Error {
  return Object.assign(new Error(message), { code: "EPLACE", path });
}
