import assert from "node:assert/strict";

const PATIENCE_MS = 60_000;

/** What has arrived, in order, for a test to wait for. */
export class Inbox<T> {
  readonly all: T[] = [];
  #wake = () => {};

  protected put(item: T): void {
    this.all.push(item);
    this.#wake();
  }

  /** The first so many, as soon as they are there. */
  async first(count: number): Promise<T[]> {
    while (this.all.length < count) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(true), PATIENCE_MS));
      const isLate = await Promise.race([
        late,
        new Promise<boolean>((resolve) => this.#wake = () => resolve(false)),
      ]);
      clearTimeout(timer);
      assert.ok(!isLate, `${this.all.length} of ${count} arrived`);
    }
    return this.all.slice(0, count);
  }
}
