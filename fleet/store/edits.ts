/**
 * What is kept in memory of documents that several managers change: read again now and then, but never over a change
 * of our own that the reading may not have seen.
 */
export class Edits {
  #begun = 0;
  #underWay = 0;

  /** Change something in the store and in memory. */
  async edit<T>(change: () => Promise<T>): Promise<T> {
    this.#begun++;
    this.#underWay++;
    try {
      return await change();
    } finally {
      this.#underWay--;
    }
  }

  /** Read what is stored. @returns null where we have changed something meanwhile */
  async read<T>(documents: () => Promise<T>): Promise<T | null> {
    const begun = this.#begun;
    if (this.#underWay > 0) return null;
    const found = await documents();
    return begun === this.#begun ? found : null;
  }
}
