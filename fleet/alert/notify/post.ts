import type { Notice } from "../../../exporters/notices/notice.ts";
import { send } from "../../../exporters/notices/send.ts";
import type { SendFailure } from "../../../exporters/notices/send_failure.ts";
import { giveToCommand } from "./command.ts";
import type { Notifier } from "./notifier_schema.ts";

/** A notice that is on its way: it is stored until it was taken. */
export interface Letter {
  readonly id: string;
  readonly notifier: string;
  readonly notice: Notice;
  readonly createdAt: number;
  readonly attempts: number;
  readonly nextAt: number;
  /** Why it was not taken. */
  readonly fault: string | null;
}

/** Between two attempts, doubling. */
const [SHORTEST_MS, LONGEST_MS] = [1_000, 5 * 60_000];
/** After so long it is not news any more. */
const OLDEST_MS = 24 * 3_600_000;
/** Letters that wait for a destination, and dead ones that are kept. */
const [MOST_WAITING, MOST_DEAD] = [500, 200];

/** What a letter has become. */
export interface PostNews {
  /** It waits, with what is new of it; null: it has gone. */
  waiting(id: string, letter: Letter | null): void;
  /** Nobody will take it; null: it is no longer kept. */
  dead(id: string, letter: Letter | null): void;
  say(line: string): void;
}

/** Delivers letters, to each destination one by one and in their order; what cannot be delivered is kept apart. */
export class Post {
  readonly waiting = new Map<string, Letter>();
  readonly dead = new Map<string, Letter>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #failing = new Set<string>();
  readonly #aborted = new AbortController();

  /** @param now the time @param news who is to know what becomes of letters */
  constructor(
    readonly notifiers: () => ReadonlyMap<string, Notifier>,
    readonly now: () => number,
    readonly news: PostNews,
  ) {}

  add(letter: Letter): void {
    this.waiting.set(letter.id, letter);
    this.news.waiting(letter.id, letter);
    const same = [...this.waiting.values()].filter(({ notifier }) => notifier === letter.notifier);
    for (const old of same.slice(0, Math.max(0, same.length - MOST_WAITING))) {
      this.#bury(old, "too many wait");
    }
  }

  /** Try a dead letter again. @returns whether there is such a one */
  revive(id: string): boolean {
    const letter = this.dead.get(id);
    if (!letter) return false;
    this.dead.delete(id);
    this.news.dead(id, null);
    this.add({ ...letter, createdAt: this.now(), attempts: 0, nextAt: this.now() });
    return true;
  }

  /** Deliver what it is time for; each destination is waited for by itself. */
  async deliver(): Promise<void> {
    for (const { notifier } of this.waiting.values()) {
      if (this.#busy.has(notifier)) continue;
      const work = this.#deliverTo(notifier).finally(() => this.#busy.delete(notifier));
      this.#busy.set(notifier, work);
    }
    await Promise.all(this.#busy.values());
  }

  /** Give up what is being sent: it stays, and is sent by the next manager. */
  async close(): Promise<void> {
    this.#aborted.abort();
    await Promise.all(this.#busy.values());
  }

  async #deliverTo(name: string): Promise<void> {
    for (const letter of [...this.waiting.values()].filter(({ notifier }) => notifier === name)) {
      const notifier = this.notifiers().get(name);
      if (!notifier) {
        this.#bury(letter, "there is no such destination any more");
        continue;
      }
      if (letter.nextAt > this.now() || this.#aborted.signal.aborted) return;
      const failure = await sendTo(notifier, letter.notice, this.#aborted.signal);
      if (this.#aborted.signal.aborted) return;
      if (failure === null) {
        this.waiting.delete(letter.id);
        this.news.waiting(letter.id, null);
        if (this.#failing.delete(name)) this.news.say(`alerts to ${name}: it is reached again`);
      } else if (failure.isFinal || this.now() - letter.createdAt >= OLDEST_MS) {
        this.#bury(letter, failure.fault);
      } else {
        if (!this.#failing.has(name)) this.news.say(`alerts to ${name}: ${failure.fault}; it is tried again`);
        this.#failing.add(name);
        const waitMs = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(20, letter.attempts));
        const later = {
          ...letter,
          attempts: letter.attempts + 1,
          nextAt: this.now() + waitMs,
          fault: failure.fault,
        };
        this.waiting.set(letter.id, later);
        this.news.waiting(letter.id, later);
        return; // What comes after it waits with it: an end is not told before the beginning.
      }
    }
  }

  #bury(letter: Letter, fault: string): void {
    const dead = { ...letter, attempts: letter.attempts + 1, fault };
    this.waiting.delete(letter.id);
    this.dead.set(letter.id, dead);
    this.news.waiting(letter.id, null);
    this.news.dead(letter.id, dead);
    this.news.say(
      `alerts to ${letter.notifier}: ${fault}; a notice is not delivered: ${letter.notice.title}`,
    );
    for (const id of [...this.dead.keys()].slice(0, Math.max(0, this.dead.size - MOST_DEAD))) {
      this.dead.delete(id);
      this.news.dead(id, null);
    }
  }
}

/** Send a notice to a destination, once; null when it was taken. Never throws. */
function sendTo(notifier: Notifier, notice: Notice, signal: AbortSignal): Promise<SendFailure | null> {
  const { command, target, timeoutMs, isPublicOnly } = notifier;
  if (command) return giveToCommand(command, notice, timeoutMs, signal);
  return send(target, notice, timeoutMs, signal, { isPublicOnly });
}
