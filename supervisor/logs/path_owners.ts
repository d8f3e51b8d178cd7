import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ProctorError } from "../../core/error.ts";
import { placeOf } from "./log_place.ts";
import { troubleWith } from "./write_trouble.ts";

/** Which process writes which file: two that write one would tear it apart when it is set aside. */
export class PathOwners {
  /** By the path without links. */
  readonly #owners = new Map<string, string>();
  /**
   * Of paths that were looked up already: each is looked up once, where a thousand processes are made in one go. But
   * for a trial, only of what is there, since files may be made between two claims, and for this turn of the event
   * loop.
   */
  readonly #identities = new Map<string, string>();

  /** @param isTrial no file is made between claims */
  constructor(readonly isTrial = false) {}

  /**
   * Two names of one file are one file: by `..`, by a link, or by a second directory entry. A device may have many.
   * @throws ProctorError when one of the paths has an owner, is there twice, or cannot be a log
   */
  claim(owner: string, paths: readonly string[]): void {
    const claimed: string[] = [];
    for (const path of paths) {
      const place = this.#place(owner, path);
      if (place.kind === "device") continue;
      const identity = this.#identityOf(place.path);
      const isSame = (one: string) => one === place.path || this.#identityOf(one) === identity;
      const other = claimed.some(isSame) ? owner : [...this.#owners].find(([one]) => isSame(one))?.[1];
      if (other !== undefined) {
        throw new ProctorError(
          "usage",
          `${owner}: log_collection: "${path}" is written by ${other} already; put {process_id} into the path`,
        );
      }
      claimed.push(place.path);
    }
    for (const path of claimed) {
      this.#owners.set(path, owner);
      // Its owner opens it now, and may set aside what is there.
      if (!this.isTrial) this.#identities.delete(path);
    }
  }

  release(owner: string): void {
    for (const [path, one] of this.#owners) if (one === owner) this.#owners.delete(path);
  }

  #place(owner: string, path: string) {
    try {
      return placeOf(path);
    } catch (error) {
      throw troubleWith(owner, Object.assign(error as Error, { path }));
    }
  }

  /** What is there already, and the names below it that are yet to be made: a directory may be mounted twice. */
  #identityOf(path: string): string {
    const known = this.#identities.get(path);
    if (known !== undefined) return known;
    const found = statSync(path, { throwIfNoEntry: false });
    const parent = dirname(path);
    const missing = () => parent === path ? path : `${this.#identityOf(parent)}/${basename(path)}`;
    const identity = found ? `${found.dev}:${found.ino}` : missing();
    if (found || this.isTrial) this.#keep(path, identity);
    return identity;
  }

  #keep(path: string, identity: string): void {
    if (!this.isTrial && this.#identities.size === 0) queueMicrotask(() => this.#identities.clear());
    this.#identities.set(path, identity);
  }
}
