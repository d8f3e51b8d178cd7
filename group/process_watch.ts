import { MemberNews, NO_NEWS } from "../core/measure/member_news.ts";
import type { TreeNews } from "../core/measure/member_news.ts";
import type { ProcessFolds } from "../core/measure/process_folds.ts";
import type { Sighting } from "../core/measure/process_sources.ts";
import type { ProcessLife } from "../core/measure/process_life.ts";
import { ProcessTable } from "../core/measure/process_table.ts";
import type { Account } from "../core/schema/record.ts";
import { BeforeWatching } from "./before_watching.ts";
import { clockOf, limitationOf, seenAccount, toldAccount } from "./event_account.ts";
import { endedMember, sightingOf } from "./ended_member.ts";
import type { EndedMember } from "./ended_member.ts";
import { tee } from "./event_tee.ts";
import type { MemberEvents } from "./member_search.ts";
import type { ProcessTree } from "./process_tree.ts";
import { PacedFeed } from "./paced_feed.ts";
import type { FeedListener } from "./paced_feed.ts";
import { openProcessEvents } from "../platform/mod.ts";
import type { NoProcessEvents, ProcessEvents, ProcessEventSink } from "../platform/mod.ts";
import { tableRecord } from "./process_table_record.ts";
import type { ClockReading, ProcessFacts } from "./process_table_record.ts";

/** At the end, ends that are told late are waited for as long, in milliseconds: who has gone needs a processor. */
const LATE_MS = 200;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
/** Whoever listens no more knows nothing. */
const SILENCE: TreeNews = { ...NO_NEWS, isIncomplete: true };
/** Who is told of processes that have ended. */
export interface EndListener {
  /** When all is known of it that events tell. */
  told(life: ProcessLife, clock: ClockReading): void;
  /** Where no events are told, and samples have seen it. */
  seen?(member: EndedMember): void;
}

/** Watches every process of a run: by events of the kernel as far as they can be had, else by what samples see. */
export class ProcessWatch implements MemberEvents {
  readonly #events: ProcessEvents | null;
  readonly #refusal: NoProcessEvents | null;
  readonly #feed: PacedFeed | undefined;
  #table: ProcessTable | undefined;
  /** Who is of the tree, for its own looks. */
  #news: MemberNews | undefined;
  #listener: FeedListener | undefined;
  /** Where a tree is watched that ran before. */
  #before: BeforeWatching | undefined;

  private constructor(feed: ProcessEvents | NoProcessEvents) {
    this.#events = "drain" in feed ? feed : null;
    this.#refusal = "drain" in feed ? null : feed;
    if (this.#events) this.#feed = new PacedFeed(this.#events);
  }

  /** Begin to listen: to be called before the tree begins, so that nothing of it is missed. */
  static async open(): Promise<ProcessWatch> {
    return new ProcessWatch(await openProcessEvents());
  }

  /** Listen to trees that others have started: to be called before it is looked who is of them. */
  static async openToOthers(): Promise<ProcessWatch> {
    return new ProcessWatch(await openProcessEvents({ isOfOthers: true }));
  }

  /** Listen by a feed that is open. */
  static over(feed: ProcessEvents | NoProcessEvents): ProcessWatch {
    return new ProcessWatch(feed);
  }

  /** Whether it tells of each process that ends, so that samples need not. */
  get tellsEnds(): boolean {
    return this.#events !== null;
  }

  /** Told of each process of the tree that has ended. */
  readonly endListeners = new Set<EndListener>();

  /** The tree begins with this process. */
  begin(group: ProcessTree, rootPid: number): void {
    this.#makeTable(group);
    if (!this.#events) return;
    this.#table!.begin(rootPid, this.#events.nowNs(), group.member(rootPid)?.writtenBefore);
    this.#heed(group).begin(rootPid);
    group.platform.compileSoon();
  }

  /** The tree is empty as yet; what begins it is told by {@link start}. */
  beginEmpty(group: ProcessTree): void {
    this.#makeTable(group);
    if (!this.#events) return;
    this.#heed(group);
    this.#drain(performance.now());
  }

  /**
   * A process was started in the tree just now.
   * @param writtenBefore bytes that it had written before it was the command
   */
  start(pid: number, writtenBefore?: number): void {
    const events = this.#events;
    if (!events) return;
    events.claim(pid);
    this.#table!.begin(pid, events.nowNs(), writtenBefore);
    this.#news?.begin(pid);
  }

  /** The tree runs already, with these members; what they have used so far is not counted. */
  beginAmidst(group: ProcessTree): void {
    this.#makeTable(group);
    this.#before = new BeforeWatching(group, this.#table!, this.#events);
    if (!this.#events) return;
    this.#table!.beginAmidst(this.#events.nowNs());
    this.#before.takeUp();
    // Of a cgroup of others birth does not tell who is in it.
    if (group.container.admit) this.#heed(group);
    this.#drain(performance.now());
    group.platform.compileSoon();
  }

  #makeTable(group: ProcessTree): void {
    const events = this.#events;
    const sources = {
      hasAccounts: () => events?.hasAccounts ?? false,
      words: (pid: number) => events?.words(pid) ?? { name: null, executable: null, command: null },
      isThere: (pid: number) => events?.isThere(pid) ?? false,
      isWatched: (pid: number) => group.member(pid) !== undefined,
      standing: (pid: number) => events?.standing(pid) ?? null,
      use: (pid: number) => events?.use(pid) ?? null,
      seenCpuSeconds: (pid: number, isEarlier: boolean) => {
        const member = group.member(pid);
        if (!member) return NaN;
        const before = this.#before?.knownCpuSecondsOf(member) ?? (isEarlier ? NaN : 0);
        return member.cpuSeconds - before;
      },
    };
    this.#table = new ProcessTable(sources, (life) => {
      if (events) { for (const one of this.endListeners) one.told(life, clockOf(events)); }
    });
    this.#listen(this.#table);
  }

  /** Have the tree be told who is of it, instead of searching. */
  #heed(group: ProcessTree): MemberNews {
    const table = this.#table!;
    // Whoever was there before may have ended since, and what is told of it waits.
    const wasThere = (pid: number) => this.#before !== undefined && table.has(pid);
    this.#news = new MemberNews(process.pid, (pid) => group.member(pid) !== undefined || wasThere(pid));
    this.#listen(tee(this.#table!, this.#news));
    group.heed(this);
    return this.#news;
  }

  #listen(sink: ProcessEventSink): void {
    const table = this.#table!;
    this.#listener = {
      sink,
      lose: () => this.#news?.lose(),
      settle: (hasLost) => {
        table.settle(hasLost);
        this.#before?.lookForJoiners();
        const { totalCount, keptCount } = table;
        return { totalCount, keptCount };
      },
    };
  }

  /** Whether something of the tree has been told that it has not taken. */
  get hasNews(): boolean {
    return this.#news?.isAny ?? false;
  }

  /** What has come about in the tree, for its own looks. */
  take(): TreeNews {
    if (!this.#news || this.#feed!.isClosed) return SILENCE;
    this.#feed!.pull(this.#listener!);
    return this.#news.take();
  }

  /** Whether the births of this member's children are told: those of all are, its own was, or it was taken up. */
  follows(pid: number): boolean {
    return this.#events!.tellsStrangers || (this.#news?.knows(pid) ?? false) ||
      (this.#before !== undefined && this.#table!.has(pid));
  }

  /** Why not all is told that could be, and what would raise it; null where it is. */
  get limitation(): string | null {
    return limitationOf(this.#events ?? this.#refusal!);
  }

  /** What to wake up by; undefined while it is left alone. */
  get bell(): number | undefined {
    return this.#news && this.#feed!.bell;
  }

  /**
   * How long the loop may sleep from now on.
   * @param isWoken whether the {@link bell} ends the sleep
   */
  sleepMs(nowMs: number, isWoken: boolean): number {
    // In a cgroup of others who enters is looked for at each look, and no bell tells of it.
    return this.#feed?.sleepMs(nowMs, isWoken && this.#news !== undefined) ?? Infinity;
  }

  /** Take what has happened by now. */
  catchUp(): void {
    this.#drain(performance.now());
  }

  /**
   * Take what has happened, when it is time.
   * @param hasRung whether the {@link bell} says that it is
   */
  tick(nowMs: number, hasRung = false): void {
    if (hasRung || this.sleepMs(nowMs, false) === 0) this.#drain(nowMs, hasRung);
  }

  /** Samples have seen the end of a process of the tree. */
  seen(member: EndedMember): void {
    const sighting = this.#sightingOf(member);
    this.#before?.forget(member);
    if (this.#events) return this.#table!.seen(sighting);
    this.#table!.adopt(sighting);
    for (const one of this.endListeners) one.seen?.(member);
  }

  /** Take the last events, and say what all came to. */
  finish(group: ProcessTree, cpuSeconds: number): ProcessFacts {
    const table = this.#table!;
    this.#drainLast();
    // Where nobody else tells of them, those that live on are known by samples.
    for (const sighting of this.#livingUntold(group)) table.adopt(sighting, true);
    table.finish();
    const facts = this.#facts(group, table.folds, cpuSeconds, !this.#before || table.keptAtEndCount === 0);
    this.#feed?.close();
    return facts;
  }

  /**
   * What all have come to by now.
   * @param mostPrograms that are told one by one; when undefined as many as at the end, and who has just ended is
   *   waited for, too
   */
  soFar(group: ProcessTree, cpuSeconds: number, mostPrograms?: number): ProcessFacts {
    if (mostPrograms === undefined) this.#drainLast();
    else this.catchUp();
    const folds = this.#table!.soFar(mostPrograms, this.#livingUntold(group));
    return this.#facts(group, folds, cpuSeconds, false);
  }

  /** Accounts may come one look after the end; what was lost is missed in two. */
  #drainLast(): void {
    const events = this.#events;
    if (!events || this.#feed!.isClosed) return;
    const now = performance.now();
    for (let look = 0; look < 3; look++) this.#drain(now);
    while (events.tellsEndsLate && this.#table!.isEndMissing() && performance.now() < now + LATE_MS) {
      Atomics.wait(PAUSE, 0, 0, 1);
      for (let look = 0; look < 2; look++) this.#drain(now);
    }
  }

  #livingUntold(group: ProcessTree): Sighting[] {
    if (this.#events) return [];
    return group.members.map((member) => this.#sightingOf(endedMember(member, null, false)));
  }

  #sightingOf(member: EndedMember): Sighting {
    return sightingOf(member, this.#before?.knownCpuSecondsOf(member) ?? 0);
  }

  #facts(group: ProcessTree, folds: ProcessFolds, cpuSeconds: number, isPathWhole: boolean): ProcessFacts {
    const table = this.#table!;
    const events = this.#events;
    // Who goes on was at work up to now.
    if (events && !isPathWhole) table.course.finish(events.nowNs());
    return tableRecord(table, folds, this.#account(group), {
      // What is counted of a tree that others have started may lack those that nobody has seen.
      cpuSeconds: this.#before ? NaN : cpuSeconds,
      isPathWhole,
      counted: this.#before && { fromMs: this.#before.fromMs, earlierCount: table.earlierCount },
      processCount: this.processCount(group),
      lostCount: events && this.#feed!.lostCount,
      clock: events && clockOf(events),
      signalName: (number) => group.platform.signalName(number),
    });
  }

  /** Processes so far, as far as they were told and seen. */
  processCount(group: ProcessTree): number {
    return Math.max(this.#table!.totalCount, this.#seenCount(group));
  }

  /** Stop listening; what was told until then counts. */
  close(): void {
    if (this.#table) this.#drainLast();
    this.#feed?.close();
  }

  #drain(nowMs: number, hasRung = false): void {
    this.#feed?.drain(this.#listener!, nowMs, hasRung);
  }

  /** Where the number of processes comes from, and how good it is. */
  #account(group: ProcessTree): Account {
    const table = this.#table!;
    const seenCount = this.#seenCount(group);
    const before = this.#before;
    return this.#events
      ? toldAccount(this.#events, {
        lostCount: this.#feed!.lostCount,
        isFull: before?.isFull ?? false,
        table,
        seenCount,
      })
      : seenAccount(group.container, this.#refusal!);
  }

  /** How many processes samples have seen, of those that lived since. */
  #seenCount(group: ProcessTree): number {
    return group.totalProcessCount - (this.#before?.deadCount ?? 0);
  }
}
