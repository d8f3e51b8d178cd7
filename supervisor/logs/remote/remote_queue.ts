import { pause } from "../../../io/deadline.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { connectionTrouble } from "../../../io/net/connection_words.ts";
import { openTransport } from "./transport.ts";
import type { Transport } from "./under_way.ts";
import { addressText } from "./remote_address.ts";
import type { RemoteAddress } from "./remote_address.ts";

/** How much waits for a log that is slow or away; what comes then is lost, and told of. */
const MOST_WAITING_BYTES = 1_048_576;
/** A log that has no room is asked again after this, … */
const FULL_AGAIN_MS = 20;
/** … and one that is not there. */
const AWAY_AGAIN_MS = 500;
/** Lost lines are told of together: the first ones soon, then now and then. */
const TELL_FIRST_MS = 200;
const TELL_AGAIN_MS = 10_000;
/** At the end what waits gets so long. */
const LAST_MS = 1_000;

/** Who hears of what goes wrong. */
export interface RemoteListener {
  /** Lines of a process are lost: a sentence. */
  readonly onLost: (id: string, sentence: string) => void;
  /** Messages cannot be sent, or can be again: a sentence. */
  readonly onTrouble: (sentence: string) => void;
}

/** The messages to one address, of all processes: a bounded queue that delays nobody. */
export class RemoteQueue {
  readonly name: string;
  readonly #waiting: { readonly id: string; readonly message: Uint8Array }[] = [];
  #waitingBytes = 0;
  readonly #lost = new Map<string, number>();
  #why = "it does not take them in time";
  #transport: Transport | undefined;
  #isOpening = false;
  #isAway = false;
  #again: ReturnType<typeof setTimeout> | undefined;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #toldAtMs = -Infinity;

  constructor(readonly address: RemoteAddress, readonly listener: RemoteListener) {
    this.name = addressText(address);
  }

  /** Send a message as soon as that can be done, or lose it. @param id of the process whose line it is */
  push(id: string, message: Uint8Array): void {
    if (this.#waitingBytes + message.length > MOST_WAITING_BYTES) return this.#lose(id);
    this.#waiting.push({ id, message });
    this.#waitingBytes += message.length;
    if (this.#again === undefined) this.#flush();
  }

  /** Whether all that was pushed has left. */
  get isDrained(): boolean {
    return this.#waiting.length === 0 && !this.#isOpening && this.#transport?.isIdle !== false;
  }

  /** Let what waits leave, for a bounded time, and tell what did not. */
  async close(): Promise<void> {
    const end = performance.now() + LAST_MS;
    while (performance.now() < end && (this.#waiting.length > 0 || this.#transport?.isIdle === false)) {
      this.#flush();
      await pause(FULL_AGAIN_MS);
    }
    clearTimeout(this.#again);
    for (const { id } of this.#waiting.splice(0)) this.#lose(id);
    this.#tell();
    this.#transport?.close();
  }

  #flush(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    if (!this.#transport) return void this.#open();
    let sent = 0;
    for (; sent < this.#waiting.length; sent++) {
      const { id, message } = this.#waiting[sent];
      const fault = this.#transport.send(message);
      if (fault === "EMSGSIZE") {
        this.#lose(id);
      } else if (fault !== null) {
        this.#refused(fault);
        break;
      } else if (this.#isAway) {
        this.#isAway = false;
        this.listener.onTrouble(`lines are sent to ${this.name} again`);
      }
      this.#waitingBytes -= message.length;
    }
    this.#waiting.splice(0, sent);
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const transport = await openTransport(this.address);
    this.#isOpening = false;
    if (typeof transport === "string") return this.#refused(transport);
    this.#transport = transport;
    this.#flush();
  }

  #refused(fault: string): void {
    // ENOBUFS: of the network's own queue.
    const isFull = fault === "EAGAIN" || fault === "ENOBUFS";
    if (!isFull) {
      this.#why = whyAway(fault);
      if (!this.#isAway) {
        const rest = `lines wait, up to ${MOST_WAITING_BYTES / 1_048_576} MiB of all processes`;
        this.listener.onTrouble(`cannot send lines to ${this.name}: ${this.#why}; ${rest}`);
      }
      this.#isAway = true;
    } else if (!this.#isAway) this.#why = "it does not take them in time";
    this.#again = setTimeout(() => this.#flush(), isFull ? FULL_AGAIN_MS : AWAY_AGAIN_MS);
    this.#again.unref();
  }

  #lose(id: string): void {
    this.#lost.set(id, (this.#lost.get(id) ?? 0) + 1);
    if (this.#telling !== undefined) return;
    const afterMs = Math.max(TELL_FIRST_MS, this.#toldAtMs + TELL_AGAIN_MS - performance.now());
    this.#telling = setTimeout(() => this.#tell(), afterMs);
    this.#telling.unref();
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#toldAtMs = performance.now();
    for (const [id, count] of this.#lost) {
      const lines = count === 1 ? "1 line was" : `${count} lines were`;
      this.listener.onLost(id, `${lines} not sent to ${this.name}: ${this.#why}`);
    }
    this.#lost.clear();
  }
}

function whyAway(fault: string): string {
  const error = Object.assign(new Error(fault), /^[A-Z]\w+$/.test(fault) ? { code: fault } : {});
  return connectionTrouble(error, { ECONNREFUSED: "there is no listener" }) ??
    reasonOf(error, { ENOENT: "there is no listener", EPROTOTYPE: "no datagrams are taken there" });
}
