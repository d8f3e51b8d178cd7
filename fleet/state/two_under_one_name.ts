/** Two that speak in turns under one name within this time are two; after it, one has replaced the other. */
const WITHIN_MS = 600_000;

/** Finds out whether two agents go by one name: each tells an identity of its own, and both go on speaking. */
export class TwoUnderOneName {
  #current: string | null = null;
  #other: { id: string; until: number } | null = null;
  #seenAt = -Infinity;

  note(agentId: string, at: number): void {
    if (agentId === this.#current) return;
    // Back to the one before: it has not been replaced.
    if (this.#other?.id === agentId && at - this.#other.until < WITHIN_MS) this.#seenAt = at;
    if (this.#current !== null) this.#other = { id: this.#current, until: at };
    this.#current = agentId;
  }

  isDuplicate(now: number): boolean {
    return now - this.#seenAt < WITHIN_MS;
  }
}
