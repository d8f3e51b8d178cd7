import { openProcessEvents } from "../platform/mod.ts";
import type {
  CgroupPlace,
  NoProcessEvents,
  ProcessEnd,
  ProcessEvents,
  ProcessEventSink,
  ProcessWords,
  ThreadAccounts,
  ThreadTotals,
} from "../platform/mod.ts";

/**
 * Who is told; of a group also who enters it from outside, of an execution with what had been used by then, or of
 * another event, and who leaves it.
 */
interface Listener extends ProcessEventSink {
  joined?(pid: number, atNs: number, used?: ThreadTotals): void;
  left?(pid: number): void;
}

/** Those whose trees a process is of: the same set for whole families. */
type Owners = ReadonlySet<LentEvents>;

let shared: SharedFeed | undefined;
let opening: Promise<SharedFeed | NoProcessEvents> | undefined;

/**
 * A feed for as many trees as this program watches, opened once for all: each is told of the processes that it has
 * claimed, and of what descends from them.
 */
export class SharedProcessEvents {
  private constructor(readonly feed: SharedFeed | NoProcessEvents) {
    if (feed instanceof SharedFeed) feed.holders.add(this);
  }

  /** Open it, unless it is open already. */
  static async open(): Promise<SharedProcessEvents> {
    let feed;
    try {
      feed = shared ?? await (opening ??= openShared());
    } finally {
      // Where it failed the next one tries again.
      opening = undefined;
    }
    // Its last holder may have closed it meanwhile.
    if (feed instanceof SharedFeed && feed.isClosed) return await SharedProcessEvents.open();
    return new SharedProcessEvents(feed);
  }

  /** Listen for one tree; or why nothing is told. */
  lend(): LentEvents | NoProcessEvents {
    return this.feed instanceof SharedFeed ? new LentEvents(this.feed) : this.feed;
  }

  /** Hold it no longer. What was lent goes on until it is closed itself. */
  close(): void {
    if (this.feed instanceof SharedFeed) this.feed.release(this);
  }
}

async function openShared(): Promise<SharedFeed | NoProcessEvents> {
  const events = await openProcessEvents({ isOfOthers: true, isOfGroups: true });
  return "drain" in events ? shared = new SharedFeed(events) : events;
}

/** Hands each event to those it is for. */
class SharedFeed implements ProcessEventSink {
  readonly holders = new Set<object>();
  isClosed = false;
  readonly #owners = new Map<number, Owners>();
  /** Accounts come before the births of those they are of. */
  #accounts: ThreadAccounts[] = [];
  /** Processes of which a thread has ended: they may be over, and accounts of them come with the next look. */
  #ending = new Set<number>();
  #endingBefore = new Set<number>();

  /** Who listens for each group. */
  readonly #groups: (LentEvents | undefined)[] = [];

  constructor(readonly events: ProcessEvents) {}

  /** Tell this listener of a group, too; false where that cannot be. */
  addGroup(owner: LentEvents, places: readonly CgroupPlace[]): boolean {
    for (let group = 0; group < this.events.groupRoom; group++) {
      if (this.#groups[group]) continue;
      // What waits is still of whoever had the place before.
      this.drain();
      if (!this.events.setGroup(group, places)) return false;
      this.#groups[group] = owner;
      return true;
    }
    return false;
  }

  inGroups(pid: number, groups: number, atNs: number, used?: ThreadTotals): void {
    const owners = this.#owners.get(pid);
    this.#groups.forEach((owner, group) => {
      if (!owner?.sink) return;
      const isIn = (groups & (1 << group)) !== 0;
      if (isIn === (owners?.has(owner) ?? false)) return;
      if (isIn) {
        // Whoever has executed nothing in there may have more threads.
        if (!used) this.events.include(pid);
        this.claim(pid, owner);
        owner.sink.joined?.(pid, atNs, used);
      } else {
        owner.sink.left?.(pid);
        this.#disown(pid, owner);
      }
    });
  }

  /** Take what has happened, and hand it on; how many events that were. */
  drain(): number {
    if (this.isClosed) return 0;
    const count = this.events.drain(this);
    const accounts = this.#accounts;
    this.#accounts = [];
    for (const one of accounts) this.#tell(one.pid, (sink) => sink.accounted(one));
    for (const pid of this.#endingBefore) {
      if (this.events.isThere(pid)) this.#ending.add(pid);
      else this.#owners.delete(pid);
    }
    this.#endingBefore = this.#ending;
    this.#ending = new Set();
    return count;
  }

  /** A process that runs is of this listener's tree. */
  claim(pid: number, owner: LentEvents): void {
    const owners = this.#owners.get(pid);
    if (!owners?.has(owner)) this.#owners.set(pid, new Set(owners).add(owner));
  }

  forked(pid: number, parentPid: number, atNs: number): void {
    const before = this.#owners.get(pid);
    const owners = this.#owners.get(parentPid);
    // Whoever has started it may have claimed it by now. Else it was another's number.
    const own = before && owners ? new Set([...owners, ...before]) : owners ?? before;
    if (own) this.#owners.set(pid, own);
    this.#tell(pid, (sink) => sink.forked(pid, parentPid, atNs));
  }

  threadStarted(pid: number, threadId: number): void {
    this.#tell(pid, (sink) => sink.threadStarted(pid, threadId));
  }

  executed(pid: number, atNs: number, words?: ProcessWords): void {
    this.#tell(pid, (sink) => sink.executed(pid, atNs, words));
  }

  leaving(pid: number, atNs: number): void {
    this.#tell(pid, (sink) => sink.leaving(pid, atNs));
  }

  exited(pid: number, threadId: number, end: ProcessEnd, atNs: number, totals?: ThreadTotals): void {
    if (this.#owners.has(pid)) this.#ending.add(pid);
    this.#tell(pid, (sink) => sink.exited(pid, threadId, end, atNs, totals));
  }

  accounted(accounts: ThreadAccounts): void {
    this.#accounts.push(accounts);
  }

  /** Tell this listener nothing more. */
  forget(owner: LentEvents): void {
    for (const pid of this.#owners.keys()) this.#disown(pid, owner);
    const group = this.#groups.indexOf(owner);
    if (group >= 0) {
      this.#groups[group] = undefined;
      this.events.setGroup(group, null);
    }
    this.release(owner);
  }

  #disown(pid: number, owner: LentEvents): void {
    const owners = this.#owners.get(pid);
    if (!owners?.has(owner)) return;
    const others = new Set([...owners].filter((other) => other !== owner));
    if (others.size > 0) this.#owners.set(pid, others);
    else this.#owners.delete(pid);
  }

  /** This holder needs it no longer. */
  release(holder: object): void {
    this.holders.delete(holder);
    if (this.holders.size > 0 || this.isClosed) return;
    this.isClosed = true;
    shared = undefined;
    this.events.close();
  }

  #tell(pid: number, tell: (sink: ProcessEventSink) => void): void {
    for (const { sink } of this.#owners.get(pid) ?? []) if (sink) tell(sink);
  }
}

/** The feed as one tree's listener sees it. */
class LentEvents implements ProcessEvents {
  /** Who listens, from the first {@link drain} on. */
  sink: Listener | undefined;
  /** Nobody but {@link addGroup} asks for any. */
  readonly groupRoom = 0;
  readonly #lostBefore: number;

  constructor(readonly feed: SharedFeed) {
    feed.holders.add(this);
    this.#lostBefore = feed.events.lostCount();
  }

  get source(): string {
    return this.feed.events.source;
  }

  get hasAccounts(): boolean {
    return this.feed.events.hasAccounts;
  }

  get tellsEndsLate(): boolean {
    return this.feed.events.tellsEndsLate;
  }

  get limitation(): string | null {
    return this.feed.events.limitation;
  }

  get patienceMs(): number {
    return this.feed.events.patienceMs;
  }

  get idlePatienceMs(): number {
    return this.feed.events.idlePatienceMs;
  }

  get descriptor(): number {
    return this.feed.events.descriptor;
  }

  get tellsStrangers(): boolean {
    return this.feed.events.tellsStrangers;
  }

  claim(pid: number): void {
    this.feed.claim(pid, this);
  }

  include(pid: number): boolean {
    this.feed.claim(pid, this);
    return this.feed.events.include(pid);
  }

  setGroup(): boolean {
    return false;
  }

  /** Listen for all that is in a cgroup which others have made; false where that cannot be told. */
  addGroup(places: readonly CgroupPlace[]): boolean {
    return this.feed.addGroup(this, places);
  }

  standing(pid: number) {
    return this.feed.events.standing(pid);
  }

  use(pid: number) {
    return this.feed.events.use(pid);
  }

  drain(sink: Listener): number {
    this.sink = sink;
    return this.feed.drain();
  }

  /** Of all that listen: nobody knows whose events were lost. */
  lostCount(): number {
    return this.feed.events.lostCount() - this.#lostBefore;
  }

  nowNs(): number {
    return this.feed.events.nowNs();
  }

  isThere(pid: number): boolean {
    return this.feed.events.isThere(pid);
  }

  words(pid: number): ProcessWords {
    return this.feed.events.words(pid);
  }

  close(): void {
    this.sink = undefined;
    this.feed.forget(this);
  }
}
