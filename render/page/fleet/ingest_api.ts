import { ask } from "./manager_api.ts";

/** Messages of an agent that were refused for one reason. */
export interface Refused {
  readonly proplet_id: string | null;
  /** The reason in words. */
  readonly about: string;
  readonly count: number;
  readonly last_at: number;
}

/** How taking in goes in a unit. */
export interface UnitIngest {
  readonly unit: string;
  readonly state: "connecting" | "subscribed" | "away";
  readonly why: string | null;
  readonly messages: number;
  readonly samples: number;
  readonly bytes: number;
  readonly messages_per_second: number;
  readonly samples_per_second: number;
  readonly lag_seconds: number | null;
  readonly refused: readonly Refused[];
}

/** What a tier of the store takes. */
export interface TierUse {
  readonly tier: "raw" | "fiveMinutes" | "hours" | "runs" | "journal";
  readonly bytes: number;
  /** From when on there is something in it, ms since 1970. */
  readonly from: number | null;
}

/** How long, and how much at most, something is kept. */
export interface Kept {
  readonly days: number;
  readonly bytes?: number | null;
}

/** What is kept, and for how long. */
export interface StoreUse {
  readonly place: string;
  readonly tiers: readonly TierUse[];
  readonly retention: Readonly<Record<"raw" | "five_minutes" | "hours" | "runs", Kept>>;
}

/** How messages are taken in. */
export async function readIngest(): Promise<readonly UnitIngest[]> {
  return (await ask<{ units: UnitIngest[] }>("ingest")).units;
}

/** What is kept; for those who may see all domains. */
export async function readStore(): Promise<StoreUse> {
  return await ask<StoreUse>("store");
}
