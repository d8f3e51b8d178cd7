import { OomKills } from "../core/measure/oom_kills.ts";
import type { ChildExit, ProcessReader } from "../platform/mod.ts";
import { endedMember } from "./ended_member.ts";
import type { EndedMember } from "./ended_member.ts";
import type { Membership } from "./membership.ts";

/** Removes members that have ended, and determines which of them the kernel killed because memory ran out. */
export class MemberEnds {
  readonly #members: Membership;
  readonly #tell: (member: EndedMember) => void;
  readonly #oomKills = new OomKills();

  /** @param tell called for every member that ended */
  constructor(members: Membership, tell: (member: EndedMember) => void) {
    this.#members = members;
    this.#tell = tell;
  }

  /**
   * A process of the tree has ended, and is accounted for.
   * @param exit null if this process could not wait for it
   */
  end(reader: ProcessReader, exit: ChildExit | null): void {
    this.#members.remove(reader);
    this.#tell(endedMember(reader, exit, this.#wasOomKilled(exit)));
    reader.close();
  }

  /** Read the container's current count of out-of-memory kills. */
  noticeOomKills(): void {
    this.#oomKills.notice(this.#members.container.oomKillCount(), performance.now());
  }

  /** Members that end by SIGKILL from now on were killed by us. */
  disclaimOomKills(): void {
    this.#oomKills.disclaim();
  }

  #wasOomKilled(exit: ChildExit | null): boolean {
    if (exit === null || !this.#members.holder.platform.mayBeOomKill(exit)) return false;
    this.noticeOomKills();
    return this.#oomKills.claim();
  }
}
