import { lstatSync, readdirSync, realpathSync, unlinkSync } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { usageError } from "../../core/error.ts";

/** node_exporter runs as another user. */
const MODE = 0o644;

/** A file that others always find whole: it is written beside its place and moved there. */
export class Textfile {
  /** Where it really is: a symbolic link stays one. */
  readonly path: string;
  readonly #directory: string;
  readonly #name: string;
  readonly #temporary: string;

  /** @throws ProctorError of kind `usage` when something else than a file stands in its place */
  constructor(readonly given: string) {
    this.path = resolved(given);
    const found = lstatSync(this.path, { throwIfNoEntry: false });
    if (found && !found.isFile()) throw usageError(`prometheus_textfile: "${given}" is there and is no file`);
    this.#directory = dirname(this.path);
    this.#name = basename(this.path);
    // The collector reads names that end in .prom.
    this.#temporary = join(this.#directory, `.${this.#name}.${process.pid}.tmp`);
    this.#sweep();
  }

  /** Replace its content at one stroke. */
  async write(text: string): Promise<void> {
    try {
      const file = await open(this.#temporary, "w", MODE);
      try {
        await file.writeFile(text);
        // Whatever the umask says.
        await file.chmod(MODE);
      } finally {
        await file.close();
      }
      if (!isFileOrNothing(this.path)) {
        throw Object.assign(new Error("something else than a file has come in its place"), {
          code: "EEXIST",
        });
      }
      await rename(this.#temporary, this.path);
    } catch (error) {
      await unlink(this.#temporary).catch(() => {});
      throw error;
    }
  }

  /** Leave nothing beside the file, whatever is under way. */
  abandon(): void {
    remove(this.#temporary);
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
        remove(join(this.#directory, name));
      }
    }
  }
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isFileOrNothing(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch { /* It is not there. */ }
}
