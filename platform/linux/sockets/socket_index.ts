import { NetlinkSocket } from "../events/netlink_socket.ts";
import { describeErrno } from "../sys/errno.ts";
import { pollFor, POLLIN } from "../sys/poll.ts";
import { KnownSocket } from "./known_socket.ts";
import type { SocketOwner } from "./known_socket.ts";
import { listRequest, readMessages } from "./socket_message.ts";
import type { SocketMessage } from "./socket_message.ts";

const NETLINK_SOCK_DIAG = 4;
/** Groups SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY, as bits. */
const ENDS = 1 << 0 | 1 << 2;
/** The kernel fills datagrams of a list up to this. */
const LIST_DATAGRAM = 32_768;
const END_DATAGRAM = 1_024;
/** Room for a thousand ends or more. */
const END_BUFFER = 2 * 1024 * 1024;
/** A list waits until this many times its own duration has passed: a machine of many sockets is listed less often. */
const REST = 25;
/** The end of a socket may be lost, where there are too many at once. */
const LONGEST_WAIT_MS = 25;
const FAMILIES = ["IPv4", "IPv6"] as const;

/**
 * The TCP sockets of this machine (of our network namespace), by lists of those that are there and a message for each
 * that goes (sock_diag(7)); needs no rights. One for all trees, which each claim their own.
 */
export class SocketIndex {
  readonly #sockets = new Map<number, KnownSocket>();
  /** Those with a descriptor, in order of arrival; some of them gone. */
  #arrivals: KnownSocket[] = [];
  #arrivalCount = 0;
  #listCount = 0;
  #dueMs = -Infinity;
  /** Ports at which somebody's socket listens, as long as they all are one's. */
  #portOwners = new Map<number, SocketOwner | null>();

  private constructor(readonly lists: NetlinkSocket, readonly ends: NetlinkSocket) {}

  /** Open it, with one list; a sentence that says why where the kernel gives none. */
  static open(): SocketIndex | string {
    const lists = NetlinkSocket.open(NETLINK_SOCK_DIAG, 0, LIST_DATAGRAM, END_BUFFER);
    if (typeof lists === "number") return refusal(-lists);
    const ends = NetlinkSocket.open(NETLINK_SOCK_DIAG, ENDS, END_DATAGRAM, END_BUFFER);
    if (typeof ends === "number") {
      lists.close();
      return refusal(-ends);
    }
    const index = new SocketIndex(lists, ends);
    const errno = index.#list();
    if (errno === 0) return index;
    index.close();
    return refusal(errno);
  }

  /** How many lists there were. */
  get listCount(): number {
    return this.#listCount;
  }

  /** The number of the latest arrival: what comes later has a higher one. */
  get latest(): number {
    return this.#arrivalCount;
  }

  /**
   * Learn what has changed.
   * @param isUrgent whether to make a list even if the last was just made, and to wait a moment for the ends of those
   *   that are missing in it
   */
  update(isUrgent: boolean): void {
    const startMs = performance.now();
    if (isUrgent || startMs >= this.#dueMs) {
      this.#list();
      const endMs = performance.now();
      this.#dueMs = endMs + (endMs - startMs) * REST;
    }
    this.#bury();
    if (isUrgent) this.#awaitEnds();
  }

  /** The kernel tells of an end a moment after the socket has gone: by a queue of work of its own. */
  #awaitEnds(): void {
    const deadlineMs = performance.now() + LONGEST_WAIT_MS;
    for (;;) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0 || !this.#hasMissing()) return;
      pollFor(this.ends.descriptor, POLLIN, leftMs);
      this.#bury();
    }
  }

  /** Whether somebody's socket is not in the last list, and its end is not known. */
  #hasMissing(): boolean {
    for (const { owner, list } of this.#sockets.values()) if (owner && list < this.#listCount) return true;
    return false;
  }

  /** Those that have arrived after this one and are nobody's. */
  *since(arrival: number): Generator<KnownSocket> {
    const arrivals = this.#arrivals;
    let first = arrivals.length;
    while (first > 0 && arrivals[first - 1].arrival > arrival) first--;
    for (let index = first; index < arrivals.length; index++) {
      if (!arrivals[index].owner) yield arrivals[index];
    }
  }

  /** A socket is somebody's, with what it has come to. */
  claim(socket: KnownSocket, owner: SocketOwner): void {
    if (socket.arrival > owner.since) socket.giveTo(owner);
    else socket.owner = owner;
    if (socket.isListening) this.#findPortOwners();
  }

  /** Some count no more; whether there is a socket that was theirs. */
  forget(isGone: (owner: SocketOwner) => boolean): boolean {
    let had = false;
    for (const socket of this.#sockets.values()) {
      if (!socket.owner || !isGone(socket.owner)) continue;
      socket.abandon();
      had = true;
    }
    return had;
  }

  /** Close it. */
  close(): void {
    this.lists.close();
    this.ends.close();
  }

  /** Make a list; 0, or the error number of a refusal. */
  #list(): number {
    const list = ++this.#listCount;
    let refused = 0;
    for (const family of FAMILIES) {
      const sent = this.lists.send(listRequest(family));
      if (sent < 0) return -sent;
      this.lists.drain((view, at, length) => {
        refused ||= readMessages(view, at, length, (message) => this.#see(message, list)).errno;
      });
    }
    if (refused === 0) this.#forgetUnseen(list);
    this.#findPortOwners();
    return refused;
  }

  #see(message: SocketMessage, list: number): void {
    let socket = this.#sockets.get(message.cookie);
    if (!socket) this.#sockets.set(message.cookie, socket = new KnownSocket(message));
    socket.list = list;
    socket.inode = message.inode;
    socket.isListening = message.isListening;
    if (socket.arrival === 0 && message.inode !== 0) {
      socket.arrival = ++this.#arrivalCount;
      this.#arrivals.push(socket);
    }
    socket.count(message);
  }

  /** The ends of those that are in no list any more were lost, or wait to be read: those of the last list may. */
  #forgetUnseen(list: number): void {
    for (const [cookie, socket] of this.#sockets) if (socket.list < list - 1) this.#sockets.delete(cookie);
    if (this.#arrivals.length > 2 * this.#sockets.size + 64) {
      this.#arrivals = this.#arrivals.filter(({ list: last }) => last >= list - 1);
    }
  }

  /** What many short connections to a server of a tree's come to is known by its port alone. */
  #findPortOwners(): void {
    this.#portOwners.clear();
    for (const { isListening, localPort, owner } of this.#sockets.values()) {
      if (!isListening) continue;
      const other = this.#portOwners.get(localPort);
      this.#portOwners.set(localPort, other === undefined || other === owner ? owner : null);
    }
  }

  /** Count what has ended to its end. */
  #bury(): void {
    this.ends.drain((view, at, length) => {
      readMessages(view, at, length, (message) => {
        // Where the other end has closed, its FIN has counted as a byte; whether it has is not told any more.
        const final = { ...message, rxBytes: Math.max(0, message.rxBytes - 1) };
        const socket = this.#sockets.get(message.cookie) ?? new KnownSocket(message);
        socket.count(final);
        const owner = this.#portOwners.get(message.localPort);
        // In no list, or gone before it was plain whose it is: whoever alone listens there has accepted it.
        const isNew = socket.arrival === 0 || owner && socket.arrival > owner.since;
        if (!socket.owner && owner && isNew) socket.giveTo(owner);
        this.#sockets.delete(message.cookie);
        socket.list = -1;
      });
    });
  }
}

function refusal(errno: number): string {
  return `the kernel does not report sockets (sock_diag: ${describeErrno(errno)})`;
}
