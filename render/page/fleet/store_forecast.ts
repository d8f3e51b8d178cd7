import type { Kept, StoreUse, TierUse } from "./ingest_api.ts";

const DAY_MS = 86_400_000;
/** Less than this says nothing of a day. */
const LEAST_MS = DAY_MS / 24;

/** A tier, how long it is kept, and how much it comes to. */
export interface TierForecast extends TierUse {
  readonly title: string;
  /** Null: until it is sealed. */
  readonly kept: Kept | null;
  /** By day, as far as it has grown evenly; null where it is too early to say. */
  readonly perDay: number | null;
  /** When it is full: then as much goes as comes. */
  readonly full: number | null;
}

const TITLES: Readonly<Record<TierUse["tier"], string>> = {
  raw: "Every sample",
  fiveMinutes: "Five minutes",
  hours: "Hours",
  runs: "Runs",
  journal: "Journal",
};

/**
 * How much every tier will take, if it grows on as it has.
 * @param firstSeen when the first host was heard of, ms since 1970; NaN: none was
 */
export function forecastOf({ tiers, retention }: StoreUse, firstSeen: number, now: number): TierForecast[] {
  const raw = tiers.find(({ tier }) => tier === "raw")?.from ?? now;
  // Files of months and years begin before what is in them.
  const begun = Math.min(raw, Number.isNaN(firstSeen) ? now : firstSeen);
  return tiers.map((use) => {
    const kept = keptOf(use.tier, retention);
    const age = use.from === null ? 0 : now - Math.max(begun, use.from);
    if (kept === null || age < LEAST_MS) {
      return { ...use, title: TITLES[use.tier], kept, perDay: null, full: null };
    }
    const perDay = use.bytes / (age / DAY_MS);
    const full = Math.min(Math.max(use.bytes, perDay * kept.days), kept.bytes ?? Infinity);
    return { ...use, title: TITLES[use.tier], kept, perDay, full };
  });
}

function keptOf(tier: TierUse["tier"], retention: StoreUse["retention"]): Kept | null {
  if (tier === "journal") return null;
  return retention[tier === "fiveMinutes" ? "five_minutes" : tier];
}
