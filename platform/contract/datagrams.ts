/**
 * A socket that other programs send datagrams to. Nothing of it outlives this process, whatever way that ends, but for
 * the name of one that was given a name.
 */
export interface Datagrams {
  /** The port on 127.0.0.1; undefined of a private socket. */
  readonly port?: number;
  /** What a sender connects to; undefined of a port. */
  readonly path?: string;
  /**
   * Hand over what waits, never waiting for more: the bytes are valid during the call only, and null where a datagram
   * was longer than any that is read. A flood is left off after a few milliseconds.
   * @param take gets the PID of the sender as well, as the kernel knows it; 0 where that was not asked for, or is a
   * process that cannot be seen from here
   * @returns how many that were
   */
  drain(take: (bytes: Uint8Array | null, sender: number) => void): number;
  /** How many datagrams were dropped so far for want of room: exactly. */
  lostCount(): number;
  close(): void;
}

/** Sends datagrams to a socket that has a name. */
export interface DatagramSender {
  /**
   * Send one, never waiting: null when it was taken over, else the name of an error, `EAGAIN` where the receiver has no
   * room now. Whoever listens there anew is found.
   */
  send(bytes: Uint8Array): string | null;
  close(): void;
}

/**
 * Who can send: any user of the machine to a `port` of the loopback; to a `private` one only who may look into this
 * process, its own user and root.
 */
export type DatagramsKind = "port" | "private";

/** Where a socket is to be, so that who knows its address finds it there again; left out: where there is room. */
export interface DatagramsPlace {
  readonly port?: number;
  /**
   * A name in a directory that is ours alone; it is removed when the socket is closed. One that begins with `@` is no
   * file (an abstract name, unix(7)): any user of the machine can send to it, to whom our directories are closed.
   */
  readonly path?: string;
  /** Whether each datagram is to come with its sender. */
  readonly tellsSender?: boolean;
}
