import type { Figures } from "../model/column.ts";
import type { OpenRolls, Roll } from "../model/view.ts";
import { OpenHour } from "./open_hour.ts";

export const HOUR_MS = 3_600_000;
/** More open hours than this are not kept: the store makes older ones of what is sealed. */
const MOST_HOURS = 3;

/** The start of the hour that a time is in. */
export function hourOf(time: number): number {
  return time - time % HOUR_MS;
}

/** What tasks have used in the hours of which the store has made no rolls yet: today's top needs no reading. */
export class OpenHours {
  readonly #hours = new Map<number, { readonly ofTasks: OpenHour; readonly ofHosts: OpenHour }>();
  /** Hours up to this one are closed: what comes late for them is the store's matter. */
  #closedUpTo = -Infinity;
  /** None that begins before this is opened: of those the store has all there was, whether or not we saw them made. */
  #endedBefore = -Infinity;

  /** The hours that are open, the earliest first. */
  get hours(): readonly number[] {
    return [...this.#hours.keys()].sort((a, b) => a - b);
  }

  /** @param isHost whether it is the task of a host itself: those have other figures, and are kept apart */
  add(task: number, isHost: boolean, time: number, figures: Figures, increases: Figures): void {
    const hour = this.#at(hourOf(time));
    (isHost ? hour?.ofHosts : hour?.ofTasks)?.add(task, figures, increases);
  }

  /** Add what is stored of a part of an hour, as after a restart. */
  addRoll(task: number, isHost: boolean, time: number, column: string, roll: Roll): void {
    const hour = this.#at(hourOf(time));
    (isHost ? hour?.ofHosts : hour?.ofTasks)?.addRoll(task, column, roll);
  }

  /** Forget what a task has used: it is read again. */
  drop(task: number): void {
    for (const { ofTasks, ofHosts } of this.#hours.values()) {
      ofTasks.drop(task);
      ofHosts.drop(task);
    }
  }

  /** One column of an hour: of a counter only what it has grown by. */
  *rolls(hour: number, column: string): Generator<readonly [task: number, roll: Roll]> {
    const open = this.#hours.get(hour);
    if (!open) return;
    yield* open.ofTasks.rolls(column);
    yield* open.ofHosts.rolls(column);
  }

  /** The same as arrays: of tasks, and of hosts. */
  arrays(hour: number, column: string): readonly OpenRolls[] {
    const open = this.#hours.get(hour);
    return (open ? [open.ofTasks, open.ofHosts] : []).map((rows) => ({
      field: (name) => rows.field(column, name),
      [Symbol.iterator]: () => rows.rolls(column),
    }));
  }

  /** The store has made this hour. */
  close(hour: number): void {
    this.#hours.delete(hour);
    this.#closedUpTo = Math.max(this.#closedUpTo, hour);
  }

  /**
   * The store has made all that had ended before an hour, which may be none, as after a restart. One late sample would
   * else open an hour of its own, and what is stored of that hour would not count. What is open stays open. A clock
   * that was set back sets this back, too.
   */
  endBefore(hour: number): void {
    this.#endedBefore = hour;
  }

  #at(hour: number) {
    const found = this.#hours.get(hour);
    if (found || hour <= this.#closedUpTo || hour < this.#endedBefore) return found;
    const made = { ofTasks: new OpenHour(), ofHosts: new OpenHour() };
    this.#hours.set(hour, made);
    if (this.#hours.size > MOST_HOURS) this.close(this.hours[0]);
    return made;
  }
}
