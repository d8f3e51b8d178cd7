import { createHash } from "node:crypto";
import { parseNotify } from "../../core/app/notify_message.ts";
import type { NotifyMessage } from "../../core/app/notify_message.ts";
import { randomHex } from "../../io/random_hex.ts";
import { openDatagrams } from "../../platform/mod.ts";
import type { Datagrams } from "../../platform/mod.ts";
import type { StateDirectory } from "../kept/state_directory.ts";

/** What waits is taken this often: a start, or the end of a pause, is noticed soon enough. */
const DRAIN_EVERY_MS = 25;
/** A flood gets a fifth of our time at most. */
const PAUSE_PER_DRAIN = 4;

/** Who is asked whether a message is his. */
export interface NotifyReader {
  /** The address that its environment names. */
  readonly address: string | null;
  /** The process that was started. */
  readonly pid: number | null;
  /** Whether a process is of its tree. */
  has(pid: number): boolean;
  take(message: NotifyMessage): void;
}

/**
 * The sockets that processes notify us by (sd_notify(3)), one for all of them: who has sent a datagram is what the
 * kernel says (SCM_CREDENTIALS), and it is his process that is meant, whatever the datagram says. What others send is
 * thrown away. The socket is in our own directory; that is closed to a process which runs as another user, who gets an
 * abstract one instead, to which anybody could send as well: to fill it is all he could do.
 *
 * They stay where they are as long as this directory is there: the environment of what runs names them.
 */
export class NotifySockets {
  readonly #sockets = new Map<string, Datagrams>();
  readonly #readers = new Set<NotifyReader>();
  /** An abstract name that nobody has seen. */
  readonly #otherwise = `@proctor/${randomHex(16)}`;
  #opening: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param isStarting whether some that sent already are still to be taken up: nothing is taken before */
  constructor(
    readonly directory: Pick<StateDirectory, "notifySocket" | "label">,
    readonly isStarting: () => boolean,
  ) {}

  /**
   * Where a process is to send to; the socket is there.
   * @param isOther whether it runs as another user
   * @throws Error that says why there is none
   */
  async addressFor(isOther: boolean): Promise<string> {
    const { notifySocket, label } = this.directory;
    // Nobody can have it before us who neither knows the secret in the label, nor has seen it at an earlier supervisor.
    const hash = createHash("sha256").update(`${label} notify`).digest("hex").slice(0, 32);
    const abstract = `@proctor/${hash}`;
    // All that are open can be read by anybody (/proc/net/unix): who takes this one in our absence keeps no start back.
    const open = () => this.#open(abstract).catch(() => this.#open(this.#otherwise));
    // A path may be longer than a socket's may be.
    return await (isOther ? open() : this.#open(notifySocket).catch(open));
  }

  /** Have it told what its processes send. */
  add(reader: NotifyReader): void {
    this.#readers.add(reader);
    this.#turn();
  }

  remove(reader: NotifyReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) clearTimeout(this.#timer);
  }

  /** Take what has come. */
  drain(): void {
    if (this.isStarting()) return;
    for (const [address, socket] of this.#sockets) {
      socket.drain((bytes, sender) => {
        if (bytes === null || sender <= 0) return;
        this.#readerOf(sender, address)?.take(parseNotify(bytes));
      });
    }
  }

  #readerOf(sender: number, address: string): NotifyReader | undefined {
    const readers = [...this.#readers].filter((one) => one.address === address);
    // Who was started himself is known at once; a tree has to be looked at.
    return readers.find(({ pid }) => pid === sender) ?? readers.find((one) => one.has(sender));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#readers.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #open(address: string): Promise<string> {
    const opened = this.#opening.then(async () => {
      if (this.#sockets.has(address)) return address;
      const socket = await openDatagrams("private", { path: address, tellsSender: true });
      if (typeof socket === "string") throw new Error(`there is no socket to notify by: ${socket}`);
      this.#sockets.set(address, socket);
      return address;
    });
    // One after another: two at a time would both find nothing there.
    this.#opening = opened.catch(() => {});
    return opened;
  }

  #turn(): void {
    clearTimeout(this.#timer);
    if (this.#readers.size === 0) return;
    const begunMs = performance.now();
    this.drain();
    const pauseMs = Math.max(DRAIN_EVERY_MS, PAUSE_PER_DRAIN * (performance.now() - begunMs));
    this.#timer = setTimeout(() => this.#turn(), pauseMs);
    this.#timer.unref?.();
  }
}
