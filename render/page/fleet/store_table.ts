import { humanBytes } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import type { Kept, StoreUse } from "./ingest_api.ts";
import { forecastOf } from "./store_forecast.ts";
import { tableOf } from "./table.ts";

/**
 * What the store takes by tier, and what it will once each is as old as it may get.
 * @param firstSeen when the first host was heard of, ms since 1970; NaN: none was
 */
export function storeTable(use: StoreUse, firstSeen: number, now: number): HTMLElement[] {
  const tiers = forecastOf(use, firstSeen, now);
  const most = Math.max(1, ...tiers.map(({ bytes, full }) => full ?? bytes));
  const rows = tiers.map(({ title, bytes, from, kept, perDay, full }) => {
    const bar = make("div", { class: "fill", "aria-hidden": "true" });
    for (const [kind, value] of [["full", full ?? bytes], ["used", bytes]] as const) {
      const part = make("i", { class: kind });
      part.style.width = `${value / most * 100}%`;
      bar.append(part);
    }
    return [
      title,
      humanBytes(bytes),
      from === null ? "–" : new Date(from).toLocaleDateString("sv"),
      keptWords(kept),
      perDay === null ? "–" : humanBytes(Math.round(perDay)),
      full === null ? "–" : humanBytes(Math.round(full)),
      bar,
    ];
  });
  const sum = (of: (tier: typeof tiers[number]) => number) => tiers.reduce((all, tier) => all + of(tier), 0);
  const table = tableOf([
    ["What is kept"],
    ["Takes now", "number"],
    ["Since", "number"],
    ["Kept for", "number"],
    ["A day", "number"],
    ["When full", "number"],
    ["", "bar"],
  ], rows);
  const all = `${humanBytes(sum(({ bytes }) => bytes))} in all at ${use.place}; about ` +
    `${
      humanBytes(Math.round(sum(({ full, bytes }) => full ?? bytes)))
    } once everything is as old as it may get, ` +
    "if it grows on as it has.";
  return [table, make("p", { class: "help" }, all)];
}

/** How long something is kept, in words. */
export function keptWords(kept: Kept | null): string {
  if (kept === null) return "until it is sealed";
  const { days, bytes } = kept;
  const years = days / 365;
  const words = Number.isInteger(years)
    ? `${years} ${years === 1 ? "year" : "years"}`
    : `${days} ${days === 1 ? "day" : "days"}`;
  return bytes ? `${words}, ${humanBytes(bytes)} at most` : words;
}
