import type { LaunchSpec, Platform } from "../platform/mod.ts";
import type { Stdio } from "./start_options.ts";

/** The descriptors of one launch. */
export class LaunchStreams {
  readonly #childEnds: number[] = [];
  readonly #ownEnds = new Map<number, number>();

  /**
   * @param owner whose pipes become, so that /dev/stdout can be opened anew
   * @param ownsGiven whether descriptors that are given do, too
   */
  constructor(
    readonly platform: Platform,
    readonly owner: LaunchSpec["credentials"],
    readonly ownsGiven = false,
  ) {}

  /** The descriptor that the child is to get for one of its streams. */
  childEnd(stdio: Stdio, number: number): number {
    if (stdio === "inherit") return number;
    if (typeof stdio === "number") return this.ownsGiven ? this.#give(stdio) : stdio;
    if (stdio === "null") return this.#open(this.platform.openNull());
    const [own, childs] = this.platform.makePipe();
    this.#ownEnds.set(number, own);
    return this.#give(this.#open(childs));
  }

  /** Our end of a stream, as a stream; null if it is not a pipe. */
  take(number: number): ReadableStream<Uint8Array> | null {
    const own = this.#ownEnds.get(number);
    if (own === undefined) return null;
    this.#ownEnds.delete(number);
    return this.platform.readableOf(own);
  }

  /** Close the child's ends, which it has duplicated, and those of ours that were not taken. */
  close(): void {
    for (const descriptor of [...this.#childEnds, ...this.#ownEnds.values()]) {
      this.platform.closeDescriptor(descriptor);
    }
  }

  /** Some file systems know no owners: then he writes to what he is given all the same. */
  #give(descriptor: number): number {
    if (this.owner) this.platform.changeOwner(descriptor, this.owner.uid, this.owner.gid);
    return descriptor;
  }

  #open(descriptor: number): number {
    this.#childEnds.push(descriptor);
    return descriptor;
  }
}
