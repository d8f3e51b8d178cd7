import { nodeFs, nodePath } from "../../io/builtins.ts";
import { trustedPath } from "./trusted_path.ts";

/** Linux (open(2)). */
const O_PATH = 0o10000000;

/**
 * A directory that is held open, so that what is done to its files is done in it, and not where a link leads that
 * another user has put into its place, or into that of a directory above, since the path was looked up.
 */
export class HeldDirectory {
  readonly #descriptor: number;
  /** How its files are named: by the descriptor where the system has names for those. */
  readonly #prefix: string;

  private constructor(readonly path: string, descriptor: number) {
    this.#descriptor = descriptor;
    this.#prefix = descriptor < 0 ? path : whereIs(descriptor, path);
  }

  /**
   * Hold a directory; it is made where it is missing and a mode is given, with those above it.
   * @param path without links: see {@link trustedPath}
   * @param mode what is made has these permissions whatever the umask, what is there stays as it is
   * @throws an error with a `code` and the `path`: of the system, or `EPLACE` where another directory is there by now
   */
  static open(path: string, mode: number | null = null): HeldDirectory {
    // No system without owners opens directories (Windows).
    if (process.geteuid === undefined) {
      if (mode !== null) nodeFs().mkdirSync(path, { recursive: true, mode });
      return new HeldDirectory(path, -1);
    }
    try {
      return HeldDirectory.#opened(path, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const { basename, dirname } = nodePath();
      if (code !== "ENOENT" || mode === null || dirname(path) === path) throw named(error, path);
      const parent = HeldDirectory.open(dirname(path), mode);
      try {
        return HeldDirectory.#made(parent, basename(path), mode);
      } catch (error) {
        throw named(error, path);
      } finally {
        parent.close();
      }
    }
  }

  static #made(parent: HeldDirectory, name: string, mode: number): HeldDirectory {
    let isOurs = true;
    try {
      nodeFs().mkdirSync(parent.at(name), mode);
    } catch (error) {
      // Somebody was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      isOurs = false;
    }
    const directory = HeldDirectory.#opened(nodePath().join(parent.path, name), parent.at(name));
    if (isOurs) nodeFs().fchmodSync(directory.#descriptor, mode);
    return directory;
  }

  static #opened(path: string, name: string): HeldDirectory {
    const descriptor = openDirectory(name);
    try {
      return new HeldDirectory(path, descriptor);
    } catch (error) {
      nodeFs().closeSync(descriptor);
      throw error;
    }
  }

  /** What a file in it is called, for as long as it is held. */
  at(name: string): string {
    return nodePath().join(this.#prefix, name);
  }

  close(): void {
    if (this.#descriptor >= 0) nodeFs().closeSync(this.#descriptor);
  }
}

function openDirectory(name: string): number {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = nodeFs().constants;
  try {
    return nodeFs().openSync(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    // One that we may write to, and not list.
    if ((error as NodeJS.ErrnoException).code !== "EACCES" || process.platform !== "linux") throw error;
    return nodeFs().openSync(name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  }
}

/**
 * Make sure that a directory lies where it was looked for.
 * @returns a name of it that leads to nothing else; where there is no such name (macOS, or no /proc), the path
 */
function whereIs(descriptor: number, path: string): string {
  const { fstatSync, lstatSync, readlinkSync } = nodeFs();
  const name = `/proc/self/fd/${descriptor}`;
  let actual: string;
  try {
    actual = readlinkSync(name);
  } catch {
    const [held, found] = [fstatSync(descriptor), lstatSync(path)];
    if (held.dev === found.dev && held.ino === found.ino && trustedPath(path) === path) return path;
    throw movedAway(path);
  }
  // Some file systems take names in either case (casefold, vfat).
  if (actual.toLowerCase() !== path.toLowerCase()) throw movedAway(path);
  return name;
}

function movedAway(path: string): Error {
  const message = `"${path}" has just been replaced by a link or by another directory`;
  return Object.assign(new Error(message), { code: "EPLACE", path });
}

/** The same error, of the path that people know. */
function named(error: unknown, path: string): Error {
  return Object.assign(error as Error, { path });
}
