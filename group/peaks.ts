import { larger } from "../core/measure/numbers.ts";
import type { ChildExit } from "../platform/mod.ts";

/** The most memory that a tree has needed, as far as no container keeps the peak itself; in bytes. */
export class Peaks {
  /** The highest sum of all members seen at one time; 0 before any was. */
  sumBytes = 0;
  /** The most that any one process is known to have had resident; NaN before anything is. */
  processBytes = NaN;
  /** Whether an ended member has left no mark: what it needed is known from looks alone. */
  hasUnmarked = false;
  /** Whether there was one process only, with a peak of its own: that is the peak of the tree. */
  isOfOneProcess = false;

  /** Whether no peak of any member is known. */
  get isUnknown(): boolean {
    return this.sumBytes === 0 && Number.isNaN(this.processBytes);
  }

  /** Members were looked at. */
  noteSeen(sumBytes: number, processBytes: number): void {
    if (sumBytes > this.sumBytes) this.sumBytes = sumBytes;
    this.processBytes = larger(this.processBytes, processBytes);
  }

  /**
   * A member was waited for.
   * @param isOnly whether no other process was ever seen
   */
  noteExit({ largestProcessBytes, peakIsOwn }: ChildExit, isOnly: boolean): void {
    this.processBytes = larger(this.processBytes, largestProcessBytes);
    if (Number.isNaN(largestProcessBytes)) this.hasUnmarked = true;
    this.isOfOneProcess = isOnly && peakIsOwn;
  }
}
