import type { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { nodeFs } from "./builtins.ts";

/** What a file is opened for. Windows lacks some of them, and the constants their names. */
function flags(...names: readonly (`O_${string}` & keyof typeof constants)[]): number {
  const known = nodeFs().constants;
  return names.reduce((all, name) => all | (known[name] ?? 0), 0);
}

const BLANK = 32;
const NEWLINE = 10;

/**
 * Write a file as a whole or not at all, whenever we die. Nothing that lies in the way is written into: what was left
 * under the name of the unfinished file is removed, and the file is made by us or not at all.
 * @param mode its rights, whatever the umask gives
 * @throws the error of the system, with its `code`; no unfinished file is left then
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const fresh = `${path}.new`;
  nodeFs().rmSync(fresh, { force: true });
  try {
    createFile(fresh, text, mode);
    nodeFs().renameSync(fresh, path);
  } catch (error) {
    nodeFs().rmSync(fresh, { force: true });
    throw error;
  }
}

/**
 * Make a file that must not be there yet, whole or not at all.
 * @param mode its rights, fewer where the umask wants
 * @throws the error of the system: `EEXIST` when anything has this name, a symbolic link included
 */
export function createFile(path: string, text: string, mode = 0o666): void {
  const descriptor = nodeFs().openSync(path, flags("O_WRONLY", "O_CREAT", "O_EXCL", "O_NOFOLLOW"), mode);
  try {
    nodeFs().writeFileSync(descriptor, text);
  } catch (error) {
    nodeFs().rmSync(path, { force: true });
    throw error;
  } finally {
    nodeFs().closeSync(descriptor);
  }
}

/**
 * The same for a file that is written piece by piece. The unfinished one is ours alone, though its name can be
 * guessed and its directory may belong to others: what lies there is removed, and a link that is laid anew is not
 * followed.
 * @param place moves it to its place
 * @throws the error of the system: `EEXIST` when somebody was faster; no unfinished file is left then
 */
export async function writeBeside(
  fresh: string,
  mode: number,
  write: (file: FileHandle) => Promise<void>,
  place: () => void,
): Promise<void> {
  const { open, rm } = nodeFs().promises;
  try {
    await rm(fresh, { force: true });
    const file = await open(fresh, "wx", mode);
    try {
      await write(file);
      await file.chmod(mode);
    } finally {
      await file.close();
    }
    place();
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Write a file anew that is there, in place.
 * @throws the error of the system: `ELOOP` when it is a symbolic link
 */
export function rewriteFile(path: string, content: string | Uint8Array): void {
  const descriptor = nodeFs().openSync(path, flags("O_WRONLY", "O_TRUNC", "O_NOFOLLOW"));
  try {
    nodeFs().writeFileSync(descriptor, content);
  } finally {
    nodeFs().closeSync(descriptor);
  }
}

/**
 * Write over a small file that is there, filled up with blanks to its length: that takes no room, and is done as a
 * whole or not at all whenever we are killed.
 * @throws the error of the system; `ENOSPC` where the text is longer than the file, or that has another name
 */
export function overwriteFile(path: string, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const descriptor = nodeFs().openSync(path, flags("O_WRONLY", "O_NOFOLLOW", "O_NONBLOCK"));
  try {
    const { size, nlink } = nodeFs().fstatSync(descriptor);
    // What hangs on another name as well is another's: a backup, say.
    if (nlink > 1) throw Object.assign(new Error("it has another name"), { code: "ENOSPC" });
    const whole = new Uint8Array(size).fill(BLANK);
    if (bytes.length >= whole.length) {
      throw Object.assign(new Error("it is longer than what is there"), { code: "ENOSPC" });
    }
    whole.set(bytes);
    whole[whole.length - 1] = NEWLINE;
    const written = nodeFs().writeSync(descriptor, whole, 0, whole.length, 0);
    if (written < whole.length) throw Object.assign(new Error("it is written in part"), { code: "ENOSPC" });
  } finally {
    nodeFs().closeSync(descriptor);
  }
}

/** Remove a file where that can be done: often it is gone already. */
export function removeQuietly(path: string): void {
  try {
    nodeFs().unlinkSync(path);
  } catch { /* See above. */ }
}
