/** What was not asked for while so many samples came is let go of: that burst is over. */
const FEWEST_UNASKED = 100;
/** As a part of all there are, so that to find out again costs each sample a few. */
const PART_UNASKED = 8;

/**
 * At which times there are samples of tasks, from a time on. It takes more memory than the samples do, and who asks
 * does so for a moment, of what is not long ago: so that it knows no more than was asked for, and not for long.
 */
export class KnownTimes {
  readonly #times = new Map<number, Set<number>>();
  #unasked = 0;

  /** @param from what is older is not known */
  constructor(readonly from: number) {}

  /** Note a sample that is there; of older ones nothing is kept. */
  add(task: number, time: number): void {
    if (time < this.from) return;
    const own = this.#times.get(task);
    if (own) own.add(time);
    else this.#times.set(task, new Set([time]));
  }

  /** Note one that has just come. @returns whether it is still worth it, of so many that there are in all */
  goOn(task: number, time: number, count: number): boolean {
    this.add(task, time);
    return ++this.#unasked <= Math.max(FEWEST_UNASKED, count / PART_UNASKED);
  }

  /** Whether there is one. @param time from `from` on */
  has(task: number, time: number): boolean {
    this.#unasked = 0;
    return this.#times.get(task)?.has(time) ?? false;
  }
}
