import { rmSync } from "node:fs";
import { join } from "node:path";
import { ProctorError } from "../../core/error.ts";
import { replaceFile } from "../../io/private_file.ts";
import { readOwnFile } from "../../platform/mod.ts";
import type { StateDirectory } from "./state_directory.ts";

/** Each definition came in a body of at most 1 MiB. */
const MOST_BYTES = 64 * 1_048_576;

/** Definitions that were added at run time, as they came: they are there again after a new start. */
export class AddedProcesses {
  readonly #path: string;
  #byId: Map<string, unknown>;

  /** @throws ProctorError of kind `system` when the file is there and cannot be believed */
  constructor(directory: Pick<StateDirectory, "base">) {
    this.#path = join(directory.base, "added_processes.json");
    this.#byId = new Map(Object.entries(readJson(this.#path)));
  }

  /** In the order in which they were added. */
  get all(): [id: string, definition: unknown][] {
    return [...this.#byId];
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /**
   * Keep one more.
   * @throws an error with a `code` when that cannot be written; then it is not kept
   */
  add(id: string, definition: unknown): void {
    this.#save(new Map(this.#byId).set(id, definition));
  }

  /**
   * Forget one.
   * @throws an error with a `code` when that cannot be written; then it is kept
   */
  remove(id: string): void {
    if (!this.#byId.has(id)) return;
    const rest = new Map(this.#byId);
    rest.delete(id);
    this.#save(rest);
  }

  #save(byId: Map<string, unknown>): void {
    if (byId.size === 0) rmSync(this.#path, { force: true });
    else replaceFile(this.#path, `${JSON.stringify(Object.fromEntries(byId))}\n`, 0o600);
    this.#byId = byId;
  }
}

/** @throws ProctorError of kind `system`: to begin without them would be to forget them */
function readJson(path: string): Record<string, unknown> {
  try {
    const text = readOwnFile(path, MOST_BYTES);
    const value: unknown = text === null ? {} : JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    throw new Error("it holds no definitions");
  } catch (error) {
    throw new ProctorError(
      "system",
      `the processes added at run time cannot be read from ${path}: ${
        (error as Error).message
      }; mend it or move it away`,
    );
  }
}
