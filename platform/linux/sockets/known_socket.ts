import type { SocketMessage } from "./socket_message.ts";

/** Whose a socket is. */
export interface SocketOwner {
  /** The latest arrival when it began to count: of those that were there before, only what comes afterwards is told. */
  readonly since: number;
  /** What one of its sockets has received and sent, since it was told last. */
  add(rxBytes: number, txBytes: number, isLoopback: boolean): void;
}

/** A TCP socket of this network namespace. */
export class KnownSocket {
  /** Since when it has had a descriptor, in the order of their arrival; 0 while it has none. */
  arrival = 0;
  owner: SocketOwner | null = null;
  rxBytes = 0;
  txBytes = 0;
  /** Those that were told to owners who count no more. */
  #toldRxBytes = 0;
  #toldTxBytes = 0;
  inode: number;
  /** The list in which it stood last. */
  list = 0;

  constructor(first: SocketMessage) {
    this.inode = first.inode;
    this.cgroup = first.cgroup;
    this.localPort = first.localPort;
    this.isListening = first.isListening;
    this.isLoopback = first.isLoopback;
  }

  readonly cgroup: number;
  readonly localPort: number;
  isListening: boolean;
  isLoopback: boolean;

  /** What it has come to; its owner is told of the difference. */
  count({ rxBytes, txBytes, isLoopback }: SocketMessage): void {
    // Before it is connected it has no peer.
    this.isLoopback = isLoopback;
    const rx = Math.max(this.rxBytes, rxBytes || 0);
    const tx = Math.max(this.txBytes, txBytes || 0);
    if (rx !== this.rxBytes || tx !== this.txBytes) {
      this.owner?.add(rx - this.rxBytes, tx - this.txBytes, isLoopback);
    }
    this.rxBytes = rx;
    this.txBytes = tx;
  }

  /** It is somebody's, with what it has come to and nobody was told of. */
  giveTo(owner: SocketOwner): void {
    owner.add(this.rxBytes - this.#toldRxBytes, this.txBytes - this.#toldTxBytes, this.isLoopback);
    this.owner = owner;
  }

  /** Its owner counts no more. */
  abandon(): void {
    this.owner = null;
    this.#toldRxBytes = this.rxBytes;
    this.#toldTxBytes = this.txBytes;
  }
}
