import type { IClientOptions } from "mqtt";
import { Backoff } from "../../io/backoff.ts";
import { Connection } from "./connection.ts";
import type { BrokerLimits, Connect } from "./connection.ts";
import { OutgoingStore } from "./outgoing_store.ts";

/** A broker that comes back is not left waiting for longer. */
const LONGEST_PAUSE_MS = 10_000;
/** The program is ending: there is no time for more. */
const SHORT_PAUSE_MS = 100;
/** A broker that keeps us for so long is well again: the next failure is a new one. */
const STABLE_MS = 3_000;

/** The events of a link. */
export interface LinkEvents {
  onReady(limits: BrokerLimits): void;
  onAcknowledged(messageId: number, refusal?: string): void;
  onMessage(topic: string, payload: Uint8Array): void;
  onDown(): void;
  /** A packet costs one connection after the other, and is not sent again. */
  onGivenUp(messageId: number): void;
}

/**
 * Keeps a connection to the broker: opens a new one when one breaks, until it is closed. Packets that one left without
 * an acknowledgement are sent first by the next.
 */
export class Link {
  /** Attempts that failed, and connections that broke. */
  failedCount = 0;
  /** Resolves when there is no connection and there will be none. */
  readonly gone: Promise<void>;
  readonly #store = new OutgoingStore();
  readonly #backoff = new Backoff(500, LONGEST_PAUSE_MS);
  readonly #told = new Set<string>();
  #connect: Connect | undefined;
  #connection: Connection | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #stableTimer: ReturnType<typeof setTimeout> | undefined;
  #hasSession = false;
  #isLast = false;
  #isEnding = false;
  #setGone: () => void = () => {};

  /**
   * @param options of the next connection; `isNew` asks for a session without a past
   * @param notice gets a line for each reason that is new
   */
  constructor(
    readonly options: (isNew: boolean) => IClientOptions,
    readonly events: LinkEvents,
    readonly notice: (line: string) => void,
  ) {
    this.gone = new Promise((resolve) => this.#setGone = resolve);
  }

  /** The connection, while the broker takes packets. */
  get ready(): Connection | undefined {
    return this.#connection?.isReady ? this.#connection : undefined;
  }

  /** Begin: load the client library, and connect. */
  async open(): Promise<void> {
    try {
      this.#connect = (await import("mqtt")).connect;
    } catch (error) {
      this.tell(`the client library cannot be loaded: ${String(error)}`);
      return this.#setGone();
    }
    if (!this.#isEnding) this.#try();
  }

  /** What fails from now on is not tried again; when it waits to be, that is done at once. */
  lastTry(): void {
    this.#isLast = true;
    if (this.#retryTimer !== undefined) this.#try();
  }

  /** Say goodbye. */
  end(): void {
    this.#isLast = this.#isEnding = true;
    this.ready?.end();
  }

  /** Break off. */
  destroy(): void {
    this.#isLast = this.#isEnding = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#stableTimer);
    if (this.#connection) this.#connection.destroy();
    else this.#setGone();
  }

  /** Between two connections: a packet is not to be sent again. */
  forget(messageId: number): void {
    this.#store.forget(messageId);
  }

  /** The broker has taken something: should the connection break, the next try need not wait for long. */
  progressed(): void {
    this.#backoff.reset();
  }

  /**
   * Report a reason once.
   * @param of what it is the reason for: reasons are kept per subject
   */
  tell(reason: string, whatNow = "", of = ""): void {
    const key = `${of} ${reason}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.notice(reason + whatNow);
  }

  #try(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#connection = new Connection(this.#connect!, this.options(!this.#hasSession), this.#store, {
      onReady: (limits) => {
        this.#hasSession = true;
        this.#stableTimer = setTimeout(() => this.#recovered(), STABLE_MS);
        this.events.onReady(limits);
      },
      onAcknowledged: this.events.onAcknowledged,
      onMessage: this.events.onMessage,
      onClosed: (reason, isOurFault) => this.#closed(reason, isOurFault),
    });
  }

  #closed(reason: string, isOurFault: boolean): void {
    clearTimeout(this.#stableTimer);
    this.#connection = undefined;
    this.events.onDown();
    const culprit = isOurFault ? this.#store.blame() : undefined;
    if (culprit !== undefined) {
      this.events.onGivenUp(culprit);
      this.progressed();
    }
    if (!this.#isEnding) {
      this.failedCount++;
      this.tell(reason, this.#isLast ? "" : "; trying again");
    }
    // At the end, too, one message must not keep the others.
    const isHopeful = isOurFault && this.#store.size > 0 && !this.#isEnding;
    if (this.#isLast && !isHopeful) this.#setGone();
    else if (this.#isLast) this.#retryTimer = setTimeout(() => this.#try(), SHORT_PAUSE_MS);
    else this.#retryTimer = setTimeout(() => this.#try(), this.#backoff.nextMs());
  }

  #recovered(): void {
    if (this.#told.size > 0) this.notice("connected again");
    this.#told.clear();
    this.progressed();
  }
}
