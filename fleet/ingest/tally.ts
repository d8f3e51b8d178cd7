import type { UnitKey } from "../model/unit.ts";

/** How taking in goes in a unit, since the start. */
export interface UnitTally {
  readonly unit: UnitKey;
  /** Each of an array is counted. */
  readonly messages: number;
  /** Of tasks and hosts, those that were taken in. */
  readonly samples: number;
  /** Unpacked. */
  readonly bytes: number;
  /** In the last minute. */
  readonly messagesPerSecond: number;
  readonly samplesPerSecond: number;
  /** How old the last sample was as it came, seconds; null while there is none that tells its time. */
  readonly lagSeconds: number | null;
}

/** What a payload had. */
export interface Taken {
  readonly messages: number;
  readonly samples: number;
  readonly bytes: number;
  /** The time of its last sample that tells it; null: none does. */
  readonly lastTime: number | null;
}

/** A minute is six slots: one begins every ten seconds. */
const SLOT_MS = 10_000;
const SLOTS = 6;

interface Slot {
  /** The number of its ten seconds since 1970. */
  number: number;
  messages: number;
  samples: number;
}

interface Running {
  messages: number;
  samples: number;
  bytes: number;
  lagSeconds: number | null;
  readonly since: number;
  readonly slots: Slot[];
}

/** Counts what is taken in, by unit: so many units at most. Times are ms by a clock that is passed in. */
export class Tally {
  readonly #units = new Map<UnitKey, Running>();

  constructor(readonly most: number) {}

  /** A payload was read. */
  add(unit: UnitKey, { messages, samples, bytes, lastTime }: Taken, now: number): void {
    let running = this.#units.get(unit);
    if (running === undefined) {
      if (this.#units.size >= this.most) return;
      const slots = Array.from({ length: SLOTS }, () => ({ number: -1, messages: 0, samples: 0 }));
      running = { messages: 0, samples: 0, bytes: 0, lagSeconds: null, since: now, slots };
      this.#units.set(unit, running);
    }
    running.messages += messages;
    running.samples += samples;
    running.bytes += bytes;
    if (lastTime !== null) running.lagSeconds = Math.max(0, now - lastTime) / 1_000;
    const number = Math.floor(now / SLOT_MS);
    const slot = running.slots[number % SLOTS];
    if (slot.number !== number) Object.assign(slot, { number, messages: 0, samples: 0 });
    slot.messages += messages;
    slot.samples += samples;
  }

  /** How it goes in every unit that anything has come from. */
  *units(now: number): Iterable<UnitTally> {
    const last = Math.floor(now / SLOT_MS);
    for (const [unit, { messages, samples, bytes, lagSeconds, since, slots }] of this.#units) {
      const recent = slots.filter(({ number }) => number > last - SLOTS && number <= last);
      // The slot that runs is not over, and a unit that is new has no minute behind it.
      const seconds = Math.max(1, Math.min(now - (last - SLOTS + 1) * SLOT_MS, now - since) / 1_000);
      const rate = (of: "messages" | "samples") => recent.reduce((sum, slot) => sum + slot[of], 0) / seconds;
      yield {
        ...{ unit, messages, samples, bytes, lagSeconds },
        messagesPerSecond: rate("messages"),
        samplesPerSecond: rate("samples"),
      };
    }
  }
}
