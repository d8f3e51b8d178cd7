import type { UnitKey } from "../model/unit.ts";

/** Messages of an agent that were refused for one reason. */
export interface RefusedMessages {
  readonly propletId: string | null;
  readonly reason: string;
  readonly count: number;
  readonly lastAt: number;
}

/** How taking in goes in a unit. */
export interface UnitIngest {
  readonly unit: UnitKey;
  readonly state: "connecting" | "subscribed" | "away";
  readonly why: string | null;
  /** Since the start of this manager. */
  readonly messages: number;
  readonly samples: number;
  readonly bytes: number;
  /** In the last minute. */
  readonly messagesPerSecond: number;
  readonly samplesPerSecond: number;
  /** How old the last sample was as it was taken in, seconds; null while there is none. */
  readonly lagSeconds: number | null;
  readonly refused: readonly RefusedMessages[];
  /** Whether another manager takes it in: its own figures tell of it. */
  readonly isOfOther?: boolean;
}

/** Tells how taking in goes. */
export interface IngestReport {
  /** Why nothing is taken in at the moment, for everybody to know; null where it is. */
  readonly hindrance: string | null;
  /** How far the clock of this machine is ahead of the one that times are by, ms; negative: behind. */
  readonly clockAheadMs: number;
  units(): Iterable<UnitIngest>;
}
