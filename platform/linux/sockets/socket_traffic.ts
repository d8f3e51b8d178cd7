import type { Traffic } from "../../contract/traffic.ts";
import { MemberSockets } from "./member_sockets.ts";
import { SocketIndex } from "./socket_index.ts";
import type { SocketOwner } from "./known_socket.ts";

/** One index for all trees, as long as there are any. */
let index: SocketIndex | null = null;
let treeCount = 0;

/**
 * Counts the payload of a tree's TCP sockets, as far as each was seen: never more than there was. A connection that
 * came and went between two samples is counted only where it was made to a port at which the tree alone listens.
 */
export class SocketTraffic implements SocketOwner {
  readonly since: number;
  readonly #index: SocketIndex;
  readonly #counted: Traffic;
  /** The latest arrival as of the last two looks: whose a socket is may be plain only by the second. */
  #before: number;
  #last: number;

  private constructor(shared: SocketIndex, into: Traffic, isRunning: boolean) {
    this.#index = shared;
    this.#counted = into;
    this.since = shared.latest;
    this.#before = this.#last = isRunning ? 0 : this.since;
    into.rxBytes =
      into.txBytes =
      into.loopbackRxBytes =
      into.loopbackTxBytes =
        0;
    treeCount++;
  }

  /**
   * Begin to count; a sentence that says why where the kernel does not report sockets.
   * @param isRunning whether the tree has sockets already; else those that are there are not its own
   */
  static open(into: Traffic, isRunning: boolean): SocketTraffic | string {
    if (index) index.update(true);
    else {
      const opened = SocketIndex.open();
      if (typeof opened === "string") return opened;
      index = opened;
    }
    return new SocketTraffic(index, into, isRunning);
  }

  add(rxBytes: number, txBytes: number, isLoopback: boolean): void {
    const counted = this.#counted;
    if (isLoopback) {
      counted.loopbackRxBytes += rxBytes;
      counted.loopbackTxBytes += txBytes;
    } else {
      counted.rxBytes += rxBytes;
      counted.txBytes += txBytes;
    }
  }

  /**
   * Count what the tree's sockets have come to.
   * @param directory of the tree's cgroup, or null
   */
  look(pids: Iterable<number>, directory: string | null, isThorough: boolean): void {
    const shared = this.#index;
    shared.update(isThorough);
    const members = new MemberSockets(pids, directory);
    for (const socket of shared.since(this.#before)) if (members.has(socket)) shared.claim(socket, this);
    this.#before = this.#last;
    this.#last = shared.latest;
  }

  /** Count no more. */
  close(): void {
    this.#index.forget((owner) => owner === this);
    if (--treeCount > 0) return;
    this.#index.close();
    index = null;
  }
}
