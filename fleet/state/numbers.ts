import type { Store } from "../store/contract.ts";

/** Numbers are taken from the store by so many, ahead of their use. */
const BLOCK = 1_000;

/** What numbers are given to. */
type Kind = "agent" | "task";

/** Numbers for what is new, taken from the store by the block so that giving one needs no waiting. */
export class ReservedNumbers {
  readonly #left: Record<Kind, number[]> = { agent: [], task: [] };

  constructor(readonly store: Pick<Store, "reserve">) {}

  readonly agent = (): number => this.#take("agent");
  readonly task = (): number => this.#take("task");

  /** Give none up to this one any more. */
  passOver(kind: Kind, last: number): void {
    this.#left[kind] = this.#left[kind].filter((number) => number > last);
  }

  /** See to it that there are so many of each; to be awaited before what may need them. */
  async ensure(count: number): Promise<void> {
    for (const kind of ["agent", "task"] as const) {
      const left = this.#left[kind];
      const lack = count - left.length;
      if (lack <= 0) continue;
      const many = Math.max(BLOCK, lack);
      const first = await this.store.reserve(kind, many);
      for (let n = 0; n < many; n++) left.push(first + n);
    }
  }

  #take(kind: Kind): number {
    const number = this.#left[kind].shift();
    if (number === undefined) throw new Error(`no number is reserved for another ${kind}`);
    return number;
  }
}
