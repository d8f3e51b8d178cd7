import type { UnitKey } from "../model/unit.ts";
import type { Shares } from "../store/shares.ts";

/** Each of them is a session with the broker. */
const MOST_UNITS = 1_000;
/** So long a unit that is new may prove itself: by then its agents have been heard of again and again. */
const PROVING_MS = 600_000;
/** Where there are too many, a unit makes room of which nothing has come for so long. */
const SILENT_MS = 24 * 3_600_000;
/** A unit goes that has no agent, though it was known for so long. */
const EMPTY_MS = 3_600_000;
const MAKE_ROOM_EVERY_MS = 10_000;
const SAY_EVERY_MS = 3_600_000;

/** What units are added to, and forgotten by. */
export interface KnownUnitsParts {
  /** Those that are known already. */
  readonly known: () => ReadonlySet<UnitKey>;
  readonly shares: Pick<Shares, "add" | "forgetUnits">;
  /** Hears of units of which nothing at all is kept. */
  readonly forgotten: (units: readonly UnitKey[]) => Promise<void>;
  readonly say: (line: string) => void;
  readonly now: () => number;
  /** Default: 1000. */
  readonly most?: number;
}

/**
 * The units that are shared out: so many at most, though whoever may publish to any topic can make them up. Those of
 * which nothing is kept are forgotten after a while. Where there are too many, a new one takes the place of one that is
 * silent for a day and was heard of for the shortest time: what is alive is never locked out by what is new.
 */
export class KnownUnits {
  readonly most: number;
  /** Since when each is known here: another manager may have known it for longer. */
  readonly #since = new Map<UnitKey, number>();
  #madeRoomAt = -Infinity;
  #saidAt = -Infinity;

  constructor(readonly parts: KnownUnitsParts) {
    this.most = parts.most ?? MOST_UNITS;
  }

  /** Add units, as many as there is room for. */
  async add(found: readonly UnitKey[]): Promise<void> {
    const { shares, known, now } = this.parts;
    const fresh = found.filter((unit) => !known().has(unit));
    let room = this.most - known().size;
    if (fresh.length > room) room += await this.#makeRoom(fresh.length - room);
    const added = fresh.slice(0, Math.max(0, room));
    if (added.length > 0) await shares.add(added);
    for (const unit of added) this.#since.set(unit, now());
    if (added.length < fresh.length) this.#sayFull();
  }

  /** Forget units that nothing is kept of. */
  async forget(): Promise<void> {
    const { shares, forgotten } = this.parts;
    const gone = await shares.forgetUnits(this.#knownFor(EMPTY_MS), 0, this.most);
    await forgotten(gone);
  }

  /** @returns how many have gone */
  async #makeRoom(wanted: number): Promise<number> {
    const { shares, now } = this.parts;
    const at = now();
    if (at < this.#madeRoomAt + MAKE_ROOM_EVERY_MS && at >= this.#madeRoomAt) return 0;
    this.#madeRoomAt = at;
    const old = this.#knownFor(PROVING_MS);
    const empty = await shares.forgetUnits(old, 0, wanted);
    if (empty.length >= wanted) return empty.length;
    const silent = await shares.forgetUnits(old, at - SILENT_MS, wanted - empty.length);
    return empty.length + silent.length;
  }

  /** Those that have been known for so long. */
  #knownFor(ms: number): UnitKey[] {
    const at = this.parts.now();
    const known = this.parts.known();
    for (const unit of this.#since.keys()) if (!known.has(unit)) this.#since.delete(unit);
    for (const unit of known) if (!this.#since.has(unit)) this.#since.set(unit, at);
    return [...this.#since].filter(([, since]) => at - since >= ms).map(([unit]) => unit);
  }

  #sayFull(): void {
    const at = this.parts.now();
    if (at < this.#saidAt + SAY_EVERY_MS && at >= this.#saidAt) return;
    this.#saidAt = at;
    this.parts.say(`there are more than ${this.most} units; name those that are wanted under units`);
  }
}
