import { EV, KEVENT_SIZE, NOTE, parseKevent, writeKevent } from "../layout/kevent.ts";
import type { LibSystem } from "../sys/libsystem.ts";

const MOST_EVENTS = 64;
/** A `struct timespec` of nothing: never wait. */
const NOW_SIZE = 16;
const NOTES = NOTE.exit + NOTE.fork + NOTE.exitDetail;

/**
 * What the kernel tells of some processes (kqueue(2), EVFILT_PROC): that they have forked, though not whom, and that
 * they have ended. It follows nobody further: NOTE_TRACK is refused since Mac OS X 10.5.
 */
export class ProcessWatch {
  readonly #system: LibSystem;
  #queue: number | undefined;
  readonly #watchers = new Map<number, Set<TreeWatch>>();
  /** Who has ended because memory ran short. */
  readonly #outOfMemory = new Set<number>();

  constructor(system: LibSystem) {
    this.#system = system;
  }

  /**
   * Be told of a process from now on; what came before is not told.
   * @returns whether it is: not of one that is gone, nor of another user's
   */
  add(pid: number, watcher: TreeWatch): boolean {
    const known = this.#watchers.get(pid);
    known?.add(watcher);
    // Again in any case: the number may be another's by now.
    const isTold = this.#register(pid);
    if (isTold && !known) this.#watchers.set(pid, new Set([watcher]));
    return isTold;
  }

  /** Tell somebody nothing any more. */
  drop(watcher: TreeWatch): void {
    for (const [pid, watchers] of this.#watchers) {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(pid);
    }
  }

  /** Take what has been told since the last time. */
  look(): void {
    if (this.#queue === undefined || this.#queue < 0) return;
    const block = this.#system.scratch("kevents", MOST_EVENTS * KEVENT_SIZE);
    for (let told = MOST_EVENTS; told === MOST_EVENTS;) {
      told = this.#system.c.kevent(this.#queue, 0, 0, block.address, MOST_EVENTS, this.#now());
      for (let index = 0; index < told; index++) this.#take(parseKevent(block.view, index * KEVENT_SIZE));
    }
  }

  /** Whether a process that has ended did so because memory ran short; asked once. */
  takeOutOfMemory(pid: number): boolean {
    this.look();
    return this.#outOfMemory.delete(pid);
  }

  #take({ pid, notes, data }: ReturnType<typeof parseKevent>): void {
    const isMemoryKill = (notes & NOTE.exit) !== 0 && (data & NOTE.exitMemory) !== 0;
    for (const watcher of this.#watchers.get(pid) ?? []) {
      if ((notes & NOTE.fork) !== 0) watcher.noteFork();
      if (isMemoryKill) watcher.memoryKillCount++;
    }
    if (isMemoryKill) this.#outOfMemory.add(pid);
    if ((notes & NOTE.exit) !== 0) this.#watchers.delete(pid);
  }

  #register(pid: number): boolean {
    const queue = this.#queue ??= this.#system.c.kqueue();
    if (queue < 0) return false;
    const change = this.#system.scratch("kevent change", KEVENT_SIZE);
    const receipt = this.#system.scratch("kevent receipt", KEVENT_SIZE);
    writeKevent(change.view, 0, { pid, flags: EV.add | EV.clear | EV.receipt, notes: NOTES });
    const told = this.#system.c.kevent(queue, change.address, 1, receipt.address, 1, this.#now());
    const { flags, data } = parseKevent(receipt.view, 0);
    return told === 1 && (flags & EV.error) !== 0 && data === 0;
  }

  #now(): number {
    return this.#system.scratch("no time", NOW_SIZE).address;
  }
}

/** What is told of the processes of one tree. */
export class TreeWatch {
  readonly #watch: ProcessWatch;
  #hasForked = false;
  /** How many have ended because memory ran short, as of the last look. */
  memoryKillCount = 0;

  constructor(watch: ProcessWatch) {
    this.#watch = watch;
  }

  /** Watch one more; false where that cannot be done. */
  add(pid: number): boolean {
    return this.#watch.add(pid, this);
  }

  /** Take what has been told. */
  look(): void {
    this.#watch.look();
  }

  /** Whether any has forked since this was asked the last time. */
  takeForks(): boolean {
    this.look();
    const hasForked = this.#hasForked;
    this.#hasForked = false;
    return hasForked;
  }

  /** One has forked. */
  noteFork(): void {
    this.#hasForked = true;
  }

  /** Watch nobody any more. */
  close(): void {
    this.#watch.drop(this);
  }
}
