import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import { HeldDirectory } from "../../platform/mod.ts";
import { kindOf } from "./log_place.ts";
import { LOG_MODE } from "./set_aside.ts";

/** Do something in a directory that cannot be exchanged meanwhile. */
export function inDirectory<T>(path: string, deed: (directory: HeldDirectory) => T, mode?: number): T {
  const directory = HeldDirectory.open(path, mode);
  try {
    return deed(directory);
  } finally {
    directory.close();
  }
}

/**
 * Open a file or a device without waiting for anybody, and without following a link that was put there just now.
 * @param name what it is called in the directory that is held
 * @param path what people know it by
 * @throws an error with a `code` and the `path`
 */
export function openToAppend(name: string, path: string): number {
  const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW, O_CREAT, O_EXCL } = constants;
  const flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
  let descriptor: number;
  try {
    descriptor = openFound(name, flags) ?? made(name, flags | O_CREAT | O_EXCL);
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
  try {
    kindOf(fstatSync(descriptor), path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** A descriptor of what is there; null where there is nothing. */
function openFound(name: string, flags: number): number | null {
  try {
    return openSync(name, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return null;
  }
}

/** A file with the permissions of logs, whatever the umask. */
function made(name: string, flags: number): number {
  const descriptor = openSync(name, flags, LOG_MODE);
  fchmodSync(descriptor, LOG_MODE);
  return descriptor;
}
