import type { ProcessReader, ProcessWaits } from "../platform/mod.ts";

/**
 * For how long the members of a tree were kept waiting, as each tells it: added up over all threads, so that it may be
 * longer than the tree lived. Who ended between two samples is in it as seen last, or not at all.
 */
export class MemberWaits {
  readonly #ended = ofEach(() => 0);
  readonly #known = ofEach(() => false);
  #before: ProcessWaits = ofEach(() => 0);

  /** A member has ended: what is known of it stays. */
  addEnded({ waits }: ProcessReader): void {
    for (const kind of KINDS) {
      if (Number.isNaN(waits[kind])) continue;
      this.#ended[kind] += waits[kind];
      this.#known[kind] = true;
    }
  }

  /** Count from now on: what the members have waited up to here was not for us. */
  startHere(members: readonly ProcessReader[]): void {
    for (const member of members) member.lookAtWaits();
    const waited = this.total(members);
    this.#before = ofEach((kind) => waited[kind] || 0);
  }

  /** That of the ended, and of those who live, in seconds; NaN where nothing of it was ever seen. */
  total(members: readonly ProcessReader[]): ProcessWaits {
    const sum = { ...this.#ended };
    const known = { ...this.#known };
    for (const { waits } of members) {
      for (const kind of KINDS) {
        if (Number.isNaN(waits[kind])) continue;
        sum[kind] += waits[kind];
        known[kind] = true;
      }
    }
    return ofEach((kind) => known[kind] ? Math.max(0, sum[kind] - this.#before[kind]) : NaN);
  }
}

const KINDS = ["runQueueSeconds", "blockIoSeconds", "memoryWaitSeconds"] as const;

function ofEach<T>(value: (kind: keyof ProcessWaits) => T): Record<keyof ProcessWaits, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, value(kind)])) as Record<keyof ProcessWaits, T>;
}
