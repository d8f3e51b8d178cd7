import type { Retention, TierUse } from "../contract.ts";
import { DAY_MS } from "./hour_of.ts";
import type { PeriodFiles } from "./period_files.ts";
import type { Records } from "./records.ts";

/** The mark of the day before which samples are no longer kept: what comes late for earlier days is not stored. */
export const RAW_FROM = "raw_from";

/** The tiers that consist of files. */
export interface Tiers {
  readonly raw: PeriodFiles;
  readonly fiveMinutes: PeriodFiles;
  readonly hours: PeriodFiles;
}

const WORDS: Readonly<Record<keyof Tiers, string>> = {
  raw: "samples",
  fiveMinutes: "five-minute figures",
  hours: "hourly figures",
};

/** Removes whole files, the oldest first, of what is too old or too much. The newest file of a tier always stays. */
export class Retainer {
  constructor(readonly tiers: Tiers, readonly records: Records) {}

  /** @param beforeRemoval of a day of samples: its hours are to be made as long as they can be */
  async prune(
    retention: Retention,
    now: number,
    beforeRemoval: (key: string) => Promise<void>,
  ): Promise<string[]> {
    const removed: string[] = [];
    for (const tier of ["raw", "fiveMinutes", "hours"] as const) {
      const files = this.tiers[tier];
      for (const { key, why } of tooOld(files, retention[tier], now)) {
        if (tier === "fiveMinutes" && this.#isNeeded(key)) break;
        if (tier === "raw") {
          await beforeRemoval(key);
          this.records.setMark(RAW_FROM, files.endOf(key));
        }
        files.remove(key);
        removed.push(`${WORDS[tier]} of ${key} (${why})`);
      }
    }
    const count = await this.records.removeRuns(now - retention.runs.days * DAY_MS);
    if (count > 0) {
      removed.push(`${count} ${count === 1 ? "run" : "runs"} (older than ${days(retention.runs)})`);
    }
    return removed;
  }

  use(): TierUse[] {
    return (["raw", "fiveMinutes", "hours"] as const).map((tier) => {
      const files = this.tiers[tier];
      const [oldest] = files.keys();
      return { tier, bytes: files.bytes(), from: oldest === undefined ? null : files.startOf(oldest) };
    });
  }

  /** Samples of a month that come late have to find what the month has of their hours. */
  #isNeeded(month: string): boolean {
    const end = this.tiers.fiveMinutes.endOf(month);
    return this.tiers.raw.keys().some((key) => this.tiers.raw.startOf(key) < end);
  }
}

/** Which files go, and why. */
function* tooOld(
  files: PeriodFiles,
  { days: count, bytes }: Retention["raw"],
  now: number,
): Generator<{ key: string; why: string }> {
  let left = bytes === null ? 0 : files.bytes();
  for (const key of files.keys().slice(0, -1)) {
    const size = files.bytes(key);
    if (files.endOf(key) <= now - count * DAY_MS) yield { key, why: `older than ${days({ days: count })}` };
    else if (bytes !== null && left > bytes) yield { key, why: "more than is to be kept" };
    else return;
    left -= size;
  }
}

function days({ days: count }: { readonly days: number }): string {
  return count === 1 ? "1 day" : `${count} days`;
}
