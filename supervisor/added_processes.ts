import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StateDirectory } from "./state_directory.ts";

/** Definitions that were added at run time, as they came: they are there again after a new start. */
export class AddedProcesses {
  readonly #path: string;
  #byId: Map<string, unknown>;

  constructor(directory: StateDirectory) {
    this.#path = join(directory.base, "added_processes.json");
    this.#byId = new Map(Object.entries(readJson(this.#path)));
  }

  /** In the order in which they were added. */
  get all(): [id: string, definition: unknown][] {
    return [...this.#byId];
  }

  /** Keep one more. */
  add(id: string, definition: unknown): void {
    this.#byId.set(id, definition);
    this.#save();
  }

  /** Forget one. */
  remove(id: string): void {
    if (this.#byId.delete(id)) this.#save();
  }

  #save(): void {
    if (this.#byId.size === 0) return rmSync(this.#path, { force: true });
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, `${JSON.stringify(Object.fromEntries(this.#byId))}\n`, { mode: 0o600 });
    renameSync(fresh, this.#path);
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
