import { NO_NEWS } from "../core/measure/member_news.ts";
import type { TreeNews } from "../core/measure/member_news.ts";
import type { ProcessReader } from "../platform/mod.ts";
import type { Membership } from "./membership.ts";

/**
 * Events know nothing of a process that somebody moves into the tree from outside, or that moves out and starts
 * nothing: whatever they tell, the tree is searched this often.
 */
const SEARCH_EVERY_MS = 5_000;

/** What tells a tree who is born into it and who has ended, so that nobody has to be searched for. */
export interface MemberEvents {
  /** What has come about until now, and since the last time. */
  take(): TreeNews;
  /** Whether the births of this member's children are told. */
  follows(pid: number): boolean;
}

/** Finds who is of a tree: by what events tell, where there are any and as long as they tell all, or by searching. */
export class MemberSearch {
  /** How often members were searched for. */
  searchCount = 0;
  readonly #members: Membership;
  readonly #add: (reader: ProcessReader) => void;
  #events: MemberEvents | undefined;
  #news: TreeNews = NO_NEWS;
  /** Whether everybody has to be looked for once, wherever he may hide, before events can be relied upon. */
  #mustSearch = false;
  #searchedMs = -Infinity;
  /** Members that a search has found though events should have told, and whose children they may not tell of. */
  readonly #unfollowed = new Set<number>();

  /** @param add a process has turned out to be of the tree */
  constructor(members: Membership, add: (reader: ProcessReader) => void) {
    this.#members = members;
    this.#add = add;
  }

  /** Be told by events from now on. */
  heed(events: MemberEvents): void {
    this.#events = events;
    // Some may have come before.
    this.#mustSearch = true;
  }

  /** Whether events were there to be told by. */
  get hasEvents(): boolean {
    return this.#events !== undefined;
  }

  /** Whether events tell all there is to know, so that nobody need be searched for. */
  get isTold(): boolean {
    const { admit } = this.#members.container;
    return this.#events !== undefined && admit !== undefined && !this.#mustSearch &&
      this.#unfollowed.size === 0;
  }

  /** Whether a search is due though nothing has happened. */
  get isDue(): boolean {
    return this.#events !== undefined && performance.now() - this.#searchedMs >= SEARCH_EVERY_MS;
  }

  /** Take what events have to tell; whether it is anything, so that a look is to be taken. */
  hear(): boolean {
    if (!this.#events) return false;
    this.#news = this.#events.take();
    if (this.#news.isIncomplete) this.#mustSearch = true;
    this.#letGo(this.#events);
    return this.#news !== NO_NEWS || this.#mustSearch;
  }

  /** Find who is new, after having heard; everybody, wherever he may hide, where the look is thorough. */
  find(thorough: boolean): void {
    const { container, byPid } = this.#members;
    const news = this.#news;
    this.#news = NO_NEWS;
    const isTold = this.isTold && !this.isDue && !thorough && !container.hasUnopened;
    if (isTold && container.admit!(news, byPid, this.#add)) return;
    this.searchCount++;
    this.#searchedMs = performance.now();
    // What has been told and is not where it should be is anywhere.
    container.discover(byPid, this.#found, thorough || this.#mustSearch || isTold);
    // Who has the number of somebody that is still to be buried is found the next time.
    this.#mustSearch = isTold;
  }

  /** Members that are gone, or of which events have told after all, need no search any more. */
  #letGo(events: MemberEvents): void {
    for (const pid of this.#unfollowed) {
      const isGone = !this.#members.byPid.has(pid);
      if (!isGone && !events.follows(pid)) continue;
      this.#unfollowed.delete(pid);
      // What it has started last may not have been found.
      if (isGone) this.#mustSearch = true;
    }
  }

  readonly #found = (reader: ProcessReader): void => {
    this.#add(reader);
    // The dead start nothing.
    if (this.#events && !reader.isZombie && !this.#events.follows(reader.pid)) {
      this.#unfollowed.add(reader.pid);
    }
  };
}
