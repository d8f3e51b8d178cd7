import { ProctorError } from "../../../core/error.ts";
import { pathOf } from "../../../supervisor/client/ctl_client.ts";
import type { Client } from "../../../supervisor/client/ctl_client.ts";
import type {
  ProcessDescription,
  ProcessStatus,
  SupervisorEvent,
  SupervisorInfo,
} from "../../../supervisor/control.ts";
import type { LogLine } from "../../../supervisor/logs/log_line.ts";
import { Known } from "./known.ts";
import type { Action } from "./state.ts";

/** Lines of before that a log begins with. */
const FIRST_LINES = 500;
/** Who moves through the list does not want the logs of all whom he passes. */
const CHOICE_MS = 150;
/** After an event the next look comes soon, but many events do not make many looks. */
const SOON_MS = 150;

/** An answer that takes longer is waited for, and told of. */
const SLOW_MS = 2_000;

/** Of many processes answers are dear: at most so many-th of the time is spent on them … */
const SHARE_OF_ANSWERS = 100;
/** … but nobody waits longer for the next. What of late took least is what it costs: the rest was waiting. */
const LONGEST_INTERVAL_MS = 5_000;
const REMEMBERED_ANSWERS = 5;
/** While nothing moves the next look comes later, by an interval for so many looks that have found nothing … */
const STILL_LOOKS = 3;
/** … until it is so many of them: what begins to move is to be seen, and nobody hurries to see that nothing does. */
const MOST_INTERVALS = 3;

/** What of a {@link Client} is needed. */
export type Asker = Pick<Client, "ask" | "statuses" | "lines" | "events">;

/** How a supervisor is followed. */
export interface LinkOptions {
  /** One for each connection: one that was lost may have given up for good. */
  readonly connect: () => Asker;
  readonly intervalMs: number;
  /** Something that can be seen has changed. */
  readonly changed: () => void;
  /** Something went wrong that is no matter of the supervisor's. */
  readonly fail: (error: unknown) => void;
}

/** Follows a supervisor: looks at it again and again, hears its events and a log, and begins anew when it is gone. */
export class SupervisorLink {
  readonly known = new Known();
  #asker: Asker | undefined;
  /** Ends when the connection does. */
  #connection = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueMs = Infinity;
  #answersMs: number[] = [];
  /** Looks in a row that have found nothing new. */
  #stillCount = 0;
  #isLooking = false;
  #isClosed = false;
  #chosen: string | null = null;
  #wantsDescription = false;
  #log = new AbortController();
  #logTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly options: LinkOptions) {}

  /**
   * Look for the first time, and go on.
   * @throws ProctorError when there is no supervisor
   */
  async start(): Promise<void> {
    await this.#look();
    this.#schedule(this.#intervalMs);
  }

  /** Ask nothing more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#logTimer);
    this.#connection.abort();
    this.#log.abort();
  }

  /** Whose log is wanted, and whether all about it. */
  choose(id: string | null, wantsDescription: boolean): void {
    const isOther = id !== this.#chosen;
    const isNews = wantsDescription && (isOther || !this.#wantsDescription);
    this.#wantsDescription = wantsDescription;
    if (isNews) this.#schedule(0);
    if (!isOther) return;
    this.#chosen = id;
    this.known.description = null;
    this.known.log.clear();
    this.known.log.trouble = null;
    this.#followLog(CHOICE_MS);
  }

  /** Somebody is at the keys: the next look is not to be late. */
  stir(): void {
    this.#stillCount = 0;
    this.#schedule(this.#intervalMs);
  }

  /** Have something done; what became of it, in words. */
  async act(action: Action, id: string): Promise<string> {
    return await this.#have(
      pathOf(id, `/${action}`),
      ({ state, pid, reason }) =>
        `${id}: ${state}${pid === null ? "" : ` (pid ${pid})`}${reason === null ? "" : `: ${reason}`}`,
    );
  }

  /** Have a signal sent to its main process; what became of it, in words. */
  async signal(signal: string, id: string): Promise<string> {
    const path = pathOf(id, `/signal?${new URLSearchParams({ signal })}`);
    return await this.#have(path, () => `${id}: ${signal} was sent`);
  }

  async #have(path: string, words: (status: ProcessStatus) => string): Promise<string> {
    const asker = this.#asker ?? this.options.connect();
    try {
      return words(await asker.ask<ProcessStatus>("POST", path));
    } catch (error) {
      return wordsOf(error);
    } finally {
      this.#schedule(0);
    }
  }

  get #intervalMs(): number {
    const dear = Math.min(LONGEST_INTERVAL_MS, Math.min(...this.#answersMs) * SHARE_OF_ANSWERS);
    const intervals = Math.min(MOST_INTERVALS, 1 + Math.floor(this.#stillCount / STILL_LOOKS));
    return Math.max(this.options.intervalMs * intervals, this.#answersMs.length === 0 ? 0 : dear);
  }

  async #look(): Promise<void> {
    const isNew = this.#asker === undefined;
    const asker = this.#asker ??= this.options.connect();
    if (isNew) this.known.meet(await asker.ask<SupervisorInfo>("GET", "/info"), Date.now());
    const askedMs = performance.now();
    const statuses = await asker.statuses();
    this.#answersMs = [...this.#answersMs, performance.now() - askedMs].slice(-REMEMBERED_ANSWERS);
    this.#stillCount = this.known.look(statuses, Date.now()) ? 0 : this.#stillCount + 1;
    this.known.trouble = null;
    this.known.answerDueMs = Date.now() + this.#intervalMs + SLOW_MS;
    if (isNew) {
      this.#connection = new AbortController();
      void this.#hearEvents(asker, this.#connection.signal);
      this.#followLog(0);
    }
    if (this.#wantsDescription) await this.#describe(asker);
  }

  async #describe(asker: Asker): Promise<void> {
    const id = this.#chosen;
    const isThere = this.known.statuses.some((status) => status.id === id);
    if (id === null || !isThere) return;
    const description = await asker.ask<ProcessDescription>("GET", pathOf(id, "/description"));
    if (id === this.#chosen) this.known.description = description;
  }

  /** Look again after so long, if that is not to be done before. */
  #schedule(ms: number): void {
    const dueMs = performance.now() + ms;
    if (this.#isClosed || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    clearTimeout(this.#timer);
    // Under way: what is wanted by then waits for its end.
    if (!this.#isLooking) this.#timer = setTimeout(() => void this.#lookAgain(), ms);
  }

  async #lookAgain(): Promise<void> {
    this.#dueMs = Infinity;
    this.#isLooking = true;
    try {
      await this.#look();
    } catch (error) {
      if (!(error instanceof ProctorError)) return this.options.fail(error);
      this.#lose(error.message);
    } finally {
      this.#isLooking = false;
    }
    if (this.#isClosed) return;
    this.options.changed();
    const wantedMs = this.#dueMs - performance.now();
    this.#dueMs = Infinity;
    this.#schedule(Math.max(0, Math.min(wantedMs, this.#intervalMs)));
  }

  /** What was known stays on the screen. */
  #lose(words: string): void {
    this.#asker = undefined;
    this.#connection.abort();
    this.#log.abort();
    this.known.trouble = { words, sinceMs: this.known.trouble?.sinceMs ?? Date.now() };
  }

  /** Events in their order; when there will be no more, the connection is looked after at once. */
  async #hearEvents(asker: Asker, signal: AbortSignal): Promise<void> {
    const why = await this.#take(signal, async () => {
      for await (const { event, data } of asker.events<SupervisorEvent>("/events?recent=true", signal)) {
        if (signal.aborted) return;
        if (event === "missed") continue;
        this.known.happened(data);
        this.options.changed();
        this.#schedule(SOON_MS);
      }
    });
    if (signal.aborted) return;
    this.#lose(why ?? "the supervisor has ended");
    this.options.changed();
    this.#schedule(SOON_MS);
  }

  /** Have the log of the chosen process, from its last lines on. */
  #followLog(afterMs: number): void {
    this.#log.abort();
    clearTimeout(this.#logTimer);
    if (this.#isClosed) return;
    const { signal } = this.#log = new AbortController();
    this.#logTimer = setTimeout(() => void this.#hearLog(signal), afterMs);
  }

  async #hearLog(signal: AbortSignal): Promise<void> {
    const [id, asker, { log }] = [this.#chosen, this.#asker, this.known];
    if (id === null || !asker) return;
    log.clear();
    const path = pathOf(id, `/logs?follow=true&tail=${FIRST_LINES}`);
    const why = await this.#take(signal, async () => {
      for await (const line of asker.lines<LogLine>(path, signal)) {
        if (signal.aborted) return;
        log.add(line);
        this.options.changed();
      }
    });
    if (signal.aborted) return;
    log.trouble = why;
    this.options.changed();
    // It was removed, or taken up anew with another definition.
    this.#followLog(this.#intervalMs);
  }

  /** Take from a stream until it ends; why it ended before, null where it did by itself. */
  async #take(signal: AbortSignal, work: () => Promise<void>): Promise<string | null> {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof ProctorError) return error.message;
      this.options.fail(error);
    }
    return null;
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof ProctorError) return error.message;
  throw error;
}
