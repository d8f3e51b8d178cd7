/** An end to waiting. */
export class Timeout {
  isOver = false;
  readonly over: Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.over = new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.isOver = true;
        resolve();
      }, ms);
    });
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
