import type { UnitKey } from "../model/unit.ts";
import type { ReplayedEntry, Store } from "./contract.ts";

/*
 * What managers of equal rank share a store with: who is there, who has which unit, and what others have written. The
 * clock of leases is that of the store.
 */

/** Another manager of the store, or this one. */
export interface Member {
  readonly name: string;
  /** What it tells the others, as JSON. */
  readonly report: string;
}

/** What time it was by the store, some time between a question and its answer. */
export interface StoreTime {
  /** ms since 1970. */
  readonly time: number;
  /** By the steady clock of this process (`performance.now`). */
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** What a manager learns as it says that it is still there. */
export interface Beat {
  /** All that are there, this one among them, in the order of their names. */
  readonly members: readonly Member[];
  /** By unit: who has it; null: nobody. */
  readonly holders: ReadonlyMap<UnitKey, string | null>;
  /** Those that this manager had, and still has. */
  readonly kept: ReadonlySet<UnitKey>;
  readonly time: StoreTime;
}

/** What the holder of a unit has written since. */
export interface UnitNews {
  readonly unit: UnitKey;
  /** Everything up to this entry is in chunks, and no longer in the journal. */
  readonly sealed: number;
  /** In order. */
  readonly entries: readonly ReplayedEntry[];
}

/** The number that a name has. */
export interface StoredNumber {
  readonly id: number;
  /** Whether nothing but the name is stored: who gave it may have been killed before anything of it was written. */
  readonly isUnheard: boolean;
}

/** The numbers of an agent, and of its tasks, by name. */
export interface StoredNames {
  readonly agent: StoredNumber;
  readonly tasks: ReadonlyMap<string, StoredNumber>;
}

/** A store that any number of managers share. */
export interface Shares {
  /** This manager, among all that there ever are. */
  readonly self: string;
  /** The store, among all that there are: sessions of a broker are called by it. */
  storeName(): Promise<string>;
  /** What time it is by the store. */
  time(): Promise<StoreTime>;
  /**
   * Say that we are there for so long, and keep all units that we hold.
   * @param report what is told to the others from now on; null: as before
   */
  beat(ms: number, report: string | null): Promise<Beat>;
  /** Take a unit that nobody has, for so long. @returns whether it is ours */
  take(unit: UnitKey, ms: number): Promise<boolean>;
  /** Give a unit back. */
  release(unit: UnitKey): Promise<void>;
  /** It is not ours any more, whether or not it could be given back. */
  lose(unit: UnitKey): void;
  /** Say that there are units: they are shared out. */
  add(units: readonly UnitKey[]): Promise<void>;
  /**
   * Forget units: they are shared out no more, until something of them is found again. What is kept of them stays.
   * @param of those that may go, unless messages of theirs wait in the journal
   * @param silentSince also with agents, where nothing of these came since; 0: only units that have none
   * @param most so many, those that were heard of for the shortest time first
   * @returns those that are forgotten
   */
  forgetUnits(of: readonly UnitKey[], silentSince: number, most: number): Promise<readonly UnitKey[]>;
  /** The store for what concerns a unit that we hold: each change fails where another has it by then. */
  ofUnit(unit: UnitKey): Store;
  /**
   * What was written of units after the entry that each of them is known up to, so much of each at most. Of one unit
   * nothing is ever written before what was read.
   */
  news(known: ReadonlyMap<UnitKey, number>, most: number): Promise<readonly UnitNews[]>;
  /** The numbers that agents of a unit, and tasks of theirs, have. */
  names(
    unit: UnitKey,
    wanted: ReadonlyMap<string, ReadonlySet<string>>,
  ): Promise<ReadonlyMap<string, StoredNames>>;
  /** Whether all of an hour that came by now is in the stored hours. */
  isWhole(hour: number): Promise<boolean>;
  /** Give everything back, and be there no longer. */
  leave(): Promise<void>;
}

/** A store, and what managers share it with. */
export interface SharedStore {
  readonly store: Store;
  readonly shares: Shares;
}
