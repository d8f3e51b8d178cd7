import { Bucket } from "./bucket.ts";
import type { Reason } from "./fault.ts";
import type { AdmissionLimits } from "./limits.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** How often it is looked for tasks that are silent. */
const SWEEP_MS = 10 * MINUTE_MS;

/** What one agent has had of what it may have. */
export class AdmittedAgent {
  readonly messages: Bucket;
  readonly bytes: Bucket;
  readonly #newTasks: Bucket;
  /** When each was heard of last, in minutes, which are small numbers. */
  readonly #tasks = new Map<string, number>();
  #claimed: Bucket | null = null;
  #customNames: Set<string> | null = null;
  #namedSince = 0;
  #sweptAt = -Infinity;
  /** When it was heard of last. */
  heardAt: number;

  /** @param since when it was heard of for the first time, as far as that is known */
  constructor(readonly limits: AdmissionLimits, now: number, public since: number = now) {
    this.messages = new Bucket(limits.messages, now);
    this.bytes = new Bucket(limits.bytes, now);
    this.#newTasks = new Bucket(limits.newTasks, now);
    this.heardAt = now;
  }

  /** How long it has been heard of: names that are made up are so for a moment. */
  get heardMs(): number {
    return this.heardAt - this.since;
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  /** Whether it may still send. */
  maySend(now: number): boolean {
    return this.messages.left(now) >= 1 && this.bytes.left(now) > 0;
  }

  /** Whether what begins with its name may still be large: most of that could be read, and was its own. */
  maySendLarge(now: number): boolean {
    return this.#claimed === null || this.#claimed.left(now) > 0;
  }

  /** What began with its name was not to be read: it may be another's. */
  spendClaimed(bytes: number, now: number): void {
    this.#claimed ??= new Bucket(this.limits.claimedBytes, now);
    this.#claimed.spend(bytes, now);
  }

  /** Whether it has a task, which was heard of then. */
  heard(taskId: string, now: number): boolean {
    const at = this.#tasks.get(taskId);
    const minute = Math.floor(now / MINUTE_MS);
    if (at !== undefined && at !== minute) this.#tasks.set(taskId, minute);
    return at !== undefined;
  }

  /** A task that it has from now on. */
  add(taskId: string, now: number): void {
    this.#tasks.set(taskId, Math.floor(now / MINUTE_MS));
  }

  /** A task has ended: it is the first to make room. */
  ended(taskId: string): void {
    if (this.#tasks.has(taskId)) this.#tasks.set(taskId, 0);
  }

  /** Take away tasks that nothing has been heard of for long; @returns how many */
  sweep(now: number): number {
    if (now < this.#sweptAt + SWEEP_MS && now >= this.#sweptAt) return 0;
    this.#sweptAt = now;
    const since = (now - this.limits.silentMs) / MINUTE_MS;
    const before = this.#tasks.size;
    for (const [taskId, at] of this.#tasks) if (at < since) this.#tasks.delete(taskId);
    return before - this.#tasks.size;
  }

  /**
   * Why it may have no further task now; null: it may, and has spent one.
   * @param isFree whether it spends none
   */
  newTaskRefusal(now: number, isFree: boolean): Reason | null {
    if (this.#tasks.size >= this.limits.tasksOfAgent) return "agent_tasks";
    return isFree || this.#newTasks.take(now) ? null : "new_tasks";
  }

  /** Whether a custom figure may have a name; it has it then. Every day begins anew. */
  admitsCustomName(name: string, now: number): boolean {
    if (this.#customNames === null || now >= this.#namedSince + DAY_MS) {
      this.#customNames = new Set();
      this.#namedSince = now;
    }
    const names = this.#customNames;
    if (names.has(name)) return true;
    if (names.size >= this.limits.customNamesOfAgent) return false;
    names.add(name);
    return true;
  }
}
