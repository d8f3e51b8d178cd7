import { ProctorError } from "../../core/error.ts";

/** Which process writes which file: two that write one would tear it apart when it is set aside. */
export class PathOwners {
  readonly #owners = new Map<string, string>();

  /** @throws ProctorError when one of the paths has an owner, or is there twice */
  claim(owner: string, paths: readonly string[]): void {
    for (const [index, path] of paths.entries()) {
      const other = paths.indexOf(path) === index ? this.#owners.get(path) : owner;
      if (other === undefined) continue;
      throw new ProctorError(
        "usage",
        `${owner}: log_collection: "${path}" is written by ${other} already; put {process_id} into the path`,
      );
    }
    for (const path of paths) this.#owners.set(path, owner);
  }

  release(owner: string): void {
    for (const [path, one] of this.#owners) if (one === owner) this.#owners.delete(path);
  }
}
