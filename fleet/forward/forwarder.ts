import { Backoff } from "../../io/backoff.ts";
import { pause } from "../../io/deadline.ts";
import type { AgentView, FleetView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { Cursor } from "./cursor.ts";
import { endOf, hasEnded } from "./end_of_run.ts";
import type { Destination, Forwarded, ForwardReport, Outcome } from "./forwarded.ts";
import { missedSamples } from "./missed.ts";
import { piecesOf } from "./pieces.ts";

/** What comes waits for more so long: a request has what came meanwhile. */
const GATHER_MS = 2_000;
/** So many samples wait in memory at most, some 20 MB: of more the store is asked later. */
const MOST_WAITING = 50_000;
/** A refused request is sent in parts, to find the part that is meant: so many requests for it at most. */
const MOST_PARTS = 64;
/** How far it has come is written again when that costs no more than a twentieth of the time. */
const SAVE_SHARE = 20;
/** While it is not sure that it is ours to tell. */
const ASK_AGAIN_MS = 250;
const RETRY_MS = [500, 60_000] as const;

/** What forwarding stands on. */
export interface ForwarderParts {
  readonly view: FleetView;
  readonly store: Store;
  readonly destination: Destination;
  /** Which agents are told of. */
  readonly isWanted: (agent: AgentView) => boolean;
  /** How long samples are kept: what is older is not looked for. */
  readonly keptMs: number;
  /** Of several managers: whether another cannot be telling it yet. Nothing is sent while that is not sure. */
  readonly isOurs?: () => boolean;
  readonly now: () => number;
  readonly say: (level: "info" | "warn", line: string) => void;
  readonly gatherMs?: number;
  readonly mostWaiting?: number;
  readonly retryMs?: readonly [shortest: number, longest: number];
}

/**
 * Tells a destination every sample that is taken in, once, in the order of each task's time. What comes waits in memory,
 * within a bound; beyond it, and after a restart, the store is asked for what is not told yet.
 */
export class Forwarder {
  #waiting: Forwarded[] = [];
  /** Whether what came did not fit into memory, or came before we were there. */
  #isBehind: boolean;
  #isCatchingUp = false;
  #isPrepared: boolean;
  #counts = { sent: 0, dropped: 0, failed: 0 };
  #why: string | null = null;
  #saveAfter = 0;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #stopListening = () => {};

  private constructor(readonly parts: ForwarderParts, readonly cursor: Cursor) {
    this.#isBehind = !cursor.isNew;
    this.#isPrepared = parts.destination.prepare === undefined;
    this.#backoff = new Backoff(...parts.retryMs ?? RETRY_MS);
  }

  /** Take up where it was left. @throws ProctorError where the store cannot be asked */
  static async open(parts: ForwarderParts): Promise<Forwarder> {
    const { store, destination, view } = parts;
    const cursor = await Cursor.open(store, destination.name, view.tasks.values());
    const forwarder = new Forwarder(parts, cursor);
    // What comes from here on is told, even if we end before anything was sent.
    if (cursor.isNew) await forwarder.#save();
    return forwarder;
  }

  /** Tell what comes, until it is closed. */
  start(): void {
    const { view, isWanted } = this.parts;
    this.#stopListening = view.listen({
      sample: ({ task, time, figures, custom }) => {
        if (isWanted(task.agent)) this.#take({ task, time, figures, custom, isEnd: false });
      },
      change: (change) => {
        if (change.kind !== "task" || !hasEnded(change.task) || !isWanted(change.task.agent)) return;
        const { task } = change;
        if (task.lastTime === -Infinity) return;
        this.#take(endOf(task, { time: task.lastTime, figures: task.last, custom: task.custom }));
      },
      // The store has what we were not told of; what came later has to wait for it.
      reread: () => this.#fallBehind(),
    });
    this.#work = this.#run();
  }

  /** How it goes. */
  report(): ForwardReport {
    return {
      destination: this.parts.destination.name,
      ...this.#counts,
      waiting: this.#waiting.length,
      isCatchingUp: this.#isCatchingUp || this.#isBehind,
      why: this.#why,
    };
  }

  /** Break off what is under way, and keep how far it has come: the next one goes on there. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
    await this.#save();
    this.#stopListening();
  }

  #take(sample: Forwarded): void {
    // Of a unit that is being read again some is there, and some is not: `reread` has us ask the store for all of it.
    if (this.#isBehind || this.parts.view.rereading.has(sample.task.agent.unit)) return;
    if (this.#waiting.length < (this.parts.mostWaiting ?? MOST_WAITING)) this.#waiting.push(sample);
    else this.#fallBehind();
  }

  #fallBehind(): void {
    this.#waiting = [];
    this.#isBehind = true;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { gatherMs = GATHER_MS, destination, say } = this.parts;
    while (!signal.aborted) {
      try {
        await this.#prepare();
        if (this.#isBehind) await this.#catchUp();
        else {
          if (this.#waiting.length < destination.mostSamples) await pause(gatherMs, signal);
          await this.#deliver(this.#waiting.splice(0, destination.mostSamples));
        }
      } catch (error) {
        // Of the store: what is not told stays where it is.
        if (signal.aborted) return;
        this.#fail((error as Error).message);
        say("warn", `${destination.name}: ${(error as Error).message}; it is tried again`);
        await pause(this.#backoff.nextMs(), signal);
      }
    }
  }

  async #prepare(): Promise<void> {
    const { destination } = this.parts;
    if (this.#isPrepared) return;
    const outcome = await this.#untilSettled(() => destination.prepare!(this.#closing.signal));
    this.#isPrepared = outcome !== null && outcome.kind === "taken";
    if (outcome?.kind === "refused") throw new Error(outcome.why);
  }

  /** Tell what the store has; what comes meanwhile waits, and if that is too much there is another round. */
  async #catchUp(): Promise<void> {
    const { view, store, destination, isWanted, keptMs, now } = this.parts;
    const { signal } = this.#closing;
    this.#isCatchingUp = true;
    this.#isBehind = false;
    try {
      const oldest = now() - keptMs;
      let batch: Forwarded[] = [];
      for await (
        const some of missedSamples({ view, store, cursor: this.cursor, isWanted, oldest }, signal)
      ) {
        for (const sample of some) {
          batch.push(sample);
          if (batch.length < destination.mostSamples) continue;
          await this.#deliver(batch);
          batch = [];
        }
      }
      await this.#deliver(batch);
    } catch (error) {
      this.#isBehind = true;
      throw error;
    } finally {
      if (signal.aborted) this.#isBehind = true;
      this.#isCatchingUp = false;
    }
  }

  /** Until it is taken or refused; samples that were told already are left out. */
  async #deliver(batch: readonly Forwarded[]): Promise<void> {
    const fresh = batch.filter(({ task, time }) => time > this.cursor.of(task.id));
    if (fresh.length === 0) return;
    const left = [fresh];
    for (let requests = 0; left.length > 0; requests++) {
      const part = left.shift()!;
      const { destination } = this.parts;
      const outcome = await this.#untilSettled(() => destination.send(part, this.#closing.signal));
      if (outcome === null) return;
      if (outcome.kind === "taken") this.#taken(part);
      else {
        const pieces = outcome.isOfContent && requests + left.length < MOST_PARTS ? piecesOf(part) : [];
        if (pieces.length > 1) left.unshift(...pieces);
        else this.#drop(part, outcome.why);
      }
    }
    await this.#saveNowAndThen();
  }

  /** Ask until there is an answer for good. @returns null where we end */
  async #untilSettled(
    ask: () => Promise<Outcome>,
  ): Promise<Exclude<Outcome, { kind: "again" }> | null> {
    const { signal } = this.#closing;
    const { isOurs } = this.parts;
    while (!signal.aborted) {
      if (isOurs?.() === false) {
        await pause(ASK_AGAIN_MS, signal);
        continue;
      }
      const outcome = await ask();
      if (signal.aborted) return null;
      if (outcome.kind !== "again") {
        this.#backoff.reset();
        return outcome;
      }
      this.#counts.failed++;
      if (this.#why !== outcome.why) {
        this.parts.say("warn", `${this.parts.destination.name}: ${outcome.why}; it is tried again`);
      }
      this.#fail(outcome.why);
      await pause(this.#backoff.nextMs(), signal);
    }
    return null;
  }

  #taken(part: readonly Forwarded[]): void {
    if (this.#why !== null) {
      this.parts.say("info", `${this.parts.destination.name}: it takes what it is sent`);
    }
    this.#why = null;
    this.#counts.sent += samplesIn(part);
    this.#move(part);
  }

  #drop(part: readonly Forwarded[], why: string): void {
    const { name } = this.parts.destination;
    if (this.#why !== why) this.parts.say("warn", `${name}: ${why}; what it refuses is dropped`);
    this.#fail(why);
    this.#counts.dropped += samplesIn(part);
    this.#move(part);
  }

  #fail(why: string): void {
    this.#why = why;
  }

  #move(part: readonly Forwarded[]): void {
    for (const { task, time } of part) this.cursor.move(task.id, time);
  }

  async #saveNowAndThen(): Promise<void> {
    if (performance.now() >= this.#saveAfter) await this.#save();
  }

  async #save(): Promise<void> {
    const began = performance.now();
    const { view, say, destination, now, keptMs } = this.parts;
    try {
      // A task that is not there may be of a unit that is being read again, whenever that began: none is forgotten.
      await this.cursor.save((task) => view.rereading.size > 0 || view.tasks.has(task), now() - keptMs);
    } catch (error) {
      // The next one writes more.
      say("warn", `${destination.name}: how far it has come cannot be written: ${(error as Error).message}`);
    }
    const took = performance.now() - began;
    this.#saveAfter = performance.now() + SAVE_SHARE * took;
  }
}

function samplesIn(part: readonly Forwarded[]): number {
  return part.reduce((sum, { isEnd }) => sum + Number(!isEnd), 0);
}
