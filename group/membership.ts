import type { Container, ContainerRequest, ProcessReader } from "../platform/mod.ts";
import { hold, letGo } from "./holders.ts";
import type { Holder } from "./holders.ts";
import { buryInTime } from "./left_behind.ts";

/** Reading more members than this at every look is worth compiling. */
const MANY_MEMBERS = 50;

/** Who is of a tree: the container that holds it together, and the members of it that are known. */
export class Membership {
  /** The live members. */
  readonly byPid = new Map<number, ProcessReader>();
  /** The same, parents before children: the order of reading (see Ledger). */
  order: ProcessReader[] = [];
  readonly #left = new Set<number>();
  #container: Container;

  /** @param holder the tree that waits for the members */
  constructor(readonly holder: Holder, readonly request: ContainerRequest, container: Container) {
    this.#container = container;
  }

  /** How the tree is held together, and what the holder counts. */
  get container(): Container {
    return this.#container;
  }

  /** Whether the members are ours to wait for: a tree that is watched from outside is not. */
  get isHeld(): boolean {
    return this.#container.ownsMembers;
  }

  /** Whether anybody may have waited for a member, and not only another member or us. */
  get isWaitedForOutside(): boolean {
    return !this.isHeld || this.request.adopted === true || this.#container.gaps !== undefined;
  }

  /** Whether any member has ever left the container, where its use is not counted. */
  get hadLeavers(): boolean {
    return this.#left.size > 0;
  }

  /** An empty container that imposes nothing can be given up without loss. */
  get isReplaceable(): boolean {
    return this.order.length === 0 && this.request.limits === undefined && !this.request.exactPeak;
  }

  /** Give the container up for the next rung. */
  replaceContainer(reason: string): void {
    this.#container.release();
    this.#container = this.holder.platform.fallbackContainer(this.request, reason);
  }

  /** A process has turned out to be of the tree. */
  add(reader: ProcessReader): void {
    this.byPid.set(reader.pid, reader);
    if (this.isHeld) hold(reader.pid, this.holder);
    this.order.push(reader);
    if (this.order.length > MANY_MEMBERS) this.holder.platform.compileSoon();
  }

  /** A member has ended. It stays in {@link order} until iterations over that are done. */
  remove(member: ProcessReader): void {
    // Its PID may be another's by now.
    if (this.byPid.get(member.pid) !== member) return;
    this.byPid.delete(member.pid);
    letGo(member.pid, this.holder);
  }

  /** Take those who were removed out of the order. */
  closeRanks(): void {
    this.order = this.order.filter((member) => this.byPid.get(member.pid) === member);
  }

  /**
   * The dead whose parents are not of the tree (of an adopted one, or where orphans go to somebody else) are for those
   * to bury, and may lie for long. Whoever has left what is only observed is no member any more.
   */
  isLeftToOthers(member: ProcessReader): boolean {
    if (!this.isHeld && this.#container.leavers.has(member.pid)) return true;
    return this.isWaitedForOutside && this.isHeld && member.isZombie && member.parentPid !== process.pid &&
      !this.byPid.has(member.parentPid);
  }

  /** Tell every member that has left the container since the last call. */
  noteLeavers(tell: (member: ProcessReader) => void): void {
    // What is only observed lets go of them.
    if (!this.isHeld) return;
    for (const pid of this.#container.leavers) {
      const member = this.byPid.get(pid);
      if (!member || this.#left.has(pid)) continue;
      this.#left.add(pid);
      tell(member);
    }
  }

  /** Kill everybody at once, as far as the container can; whether it could. */
  kill(): boolean {
    for (const pid of this.#container.leavers) {
      const member = this.byPid.get(pid);
      if (member) this.holder.platform.signal(member, "SIGKILL");
    }
    return this.#container.kill();
  }

  /** Let go of all members; those still alive go on. */
  dissolve(): void {
    for (const member of this.order) {
      const wasHeld = letGo(member.pid, this.holder);
      // One that goes on, and is a child of ours, must not be a zombie of ours one day.
      if (wasHeld && member.parentPid === process.pid) buryInTime(this.holder.platform, member.pid);
      member.close();
    }
    this.byPid.clear();
    this.order = [];
  }
}
