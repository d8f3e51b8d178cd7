import type { Store } from "../store/contract.ts";
import { FIVE_MINUTES_MS, HOUR_MS } from "./history.ts";
import { QueryError } from "./query_error.ts";

/** What is kept of samples: all of them, or what they come to in so much time. */
export const TIERS = ["raw", "fiveMinutes", "hours"] as const;
/** What is kept of samples. */
export type Tier = typeof TIERS[number];

/** The length of a bucket; samples have none. */
export const BUCKET_MS: Readonly<Record<Tier, number>> = {
  raw: 0,
  fiveMinutes: FIVE_MINUTES_MS,
  hours: HOUR_MS,
};

/** Raw samples of a longer range are not read at once. */
const LONGEST_RAW_DAYS = 7;
const LONGEST_RAW_MS = LONGEST_RAW_DAYS * 24 * HOUR_MS;
/** Hours are kept of all tasks of a unit together: that many rolls may be gone through for one task. */
const MOST_HOUR_ROLLS = 2_000_000;
/** What a store keeps changes slowly. */
const REACH_IS_GOOD_FOR_MS = 60_000;

/** From when on there is something in a tier; null: nothing is. */
export type Reach = Readonly<Record<Tier, number | null>>;

/** What decides which tier is read. */
export interface TierNeeds {
  readonly from: number;
  readonly until: number;
  /** The time between points; null: as it fits. */
  readonly step: number | null;
  /** So many points at least, where there are so many samples. */
  readonly points: number;
  /** Whether something is asked for that only samples tell. */
  readonly needsRaw: boolean;
  /** Tasks of the unit. */
  readonly taskCount: number;
}

/** Which tier is read, and by which steps; null: every sample is a point. */
export interface TierChoice {
  readonly tier: Tier;
  readonly step: number | null;
}

/** Remembers for a while how far back the tiers of a store go. */
export class Reaches {
  #known: { readonly reach: Reach; readonly at: number } | null = null;

  constructor(readonly store: Store, readonly now: () => number) {}

  async get(): Promise<Reach> {
    const at = this.now();
    if (this.#known && Math.abs(at - this.#known.at) < REACH_IS_GOOD_FOR_MS) return this.#known.reach;
    const use = await this.store.use();
    const from = (tier: Tier) => use.find((one) => one.tier === tier)?.from ?? null;
    const reach = { raw: from("raw"), fiveMinutes: from("fiveMinutes"), hours: from("hours") };
    this.#known = { reach, at };
    return reach;
  }
}

/**
 * The coarsest tier that gives the points that are wanted, or a coarser one where that does not go back so far.
 * @throws QueryError `invalid` when only raw samples would do, and there are too many
 */
export function chooseTier(needs: TierNeeds, reach: Reach): TierChoice {
  const { from, until, step, points, needsRaw, taskCount } = needs;
  const range = until - from;
  const isCheap = (tier: Tier) => tier !== "hours" || range / HOUR_MS * taskCount <= MOST_HOUR_ROLLS;
  const fits = (tier: Tier) =>
    step === null ? range >= points * BUCKET_MS[tier] : BUCKET_MS[tier] === 0 || step % BUCKET_MS[tier] === 0;
  let tier: Tier = "raw";
  if (!needsRaw) {
    tier = TIERS.findLast((one) => fits(one) && isCheap(one)) ?? "raw";
    for (const coarser of TIERS.slice(TIERS.indexOf(tier) + 1)) {
      if ((step === null || fits(coarser)) && goesFurther(coarser, tier, from, reach)) tier = coarser;
    }
  }
  if (tier === "raw" && step === null && !needsRaw && range > LONGEST_RAW_MS) tier = "fiveMinutes";
  if (tier === "raw") {
    if (range > LONGEST_RAW_MS) {
      const why = needsRaw
        ? "the last sample of a step is known of raw samples only"
        : "this step needs raw samples";
      throw new QueryError(
        "invalid",
        `${why}, which are read of ${LONGEST_RAW_DAYS} days at most; ` +
          "ask for a shorter range, or by avg, min or max in steps of 5m",
      );
    }
    return { tier, step };
  }
  const bucket = BUCKET_MS[tier];
  return { tier, step: step ?? Math.max(1, Math.floor(range / points / bucket)) * bucket };
}

/** Whether another tier has more of a range than one that does not go back to its beginning. */
function goesFurther(other: Tier, tier: Tier, from: number, reach: Reach): boolean {
  const [own, its] = [reach[tier], reach[other]];
  if (its === null || (own !== null && own <= from)) return false;
  // A bucket begins before its first sample: that is no more than the samples have.
  return own === null || its < own - BUCKET_MS[other];
}
