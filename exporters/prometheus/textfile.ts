import { lstatSync, readdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { usageError } from "../../core/error.ts";
import { removeQuietly, writeBeside } from "../../io/private_file.ts";
import { linkTarget } from "../../platform/mod.ts";

/** node_exporter runs as another user: the umask must not apply. */
const MODE = 0o644;

/** A file that is always complete for readers: written next to its place and renamed. */
export class Textfile {
  /** Where it really is: a symbolic link stays one. */
  readonly path: string;
  readonly #directory: string;
  readonly #name: string;
  readonly #temporary: string;

  /** @throws ProctorError of kind `usage` when something else than a file stands in its place */
  constructor(readonly given: string) {
    this.path = textfilePlace(given);
    if (!isFileOrNothing(this.path)) {
      throw usageError(`prometheus_textfile: "${given}" is there and is not a file`);
    }
    this.#directory = dirname(this.path);
    this.#name = basename(this.path);
    // The collector reads names that end in .prom.
    this.#temporary = join(this.#directory, `.${this.#name}.${process.pid}.tmp`);
    this.#sweep();
  }

  /** Replace its content at one stroke. */
  async write(text: string): Promise<void> {
    await writeBeside(this.#temporary, MODE, (file) => file.writeFile(text), () => {
      if (isFileOrNothing(this.path)) return renameSync(this.#temporary, this.path);
      throw new Error("something else than a file has come in its place");
    });
  }

  /** Remove the temporary file, even of a write under way. */
  abandon(): void {
    removeQuietly(this.#temporary);
  }

  /** Who was killed while writing left a piece: it goes once its writer is gone. */
  #sweep(): void {
    let names: string[] = [];
    try {
      names = readdirSync(this.#directory);
    } catch { /* Writing will tell. */ }
    const start = `.${this.#name}.`;
    for (const name of names) {
      if (!name.startsWith(start)) continue;
      const pid = /^(\d+)\.tmp$/.exec(name.slice(start.length))?.[1];
      if (pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)))) {
        removeQuietly(join(this.#directory, name));
      }
    }
  }
}

/**
 * Where a textfile really is.
 * @throws ProctorError of kind `usage` for a link that another user has laid
 */
export function textfilePlace(given: string): string {
  try {
    return linkTarget(given);
  } catch (error) {
    throw usageError(`prometheus_textfile: ${(error as Error).message}`);
  }
}

/** Also if it cannot be determined (no rights, name too long): then writing reports the error. */
function isFileOrNothing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return true;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
