import { capitalized, SUBJECTS } from "../../core/measure/metrics.ts";
import type { Accounting, Quality } from "../../core/schema/record.ts";

/** What is said of quantities of each quality, the best first. */
const WORDS: Readonly<Record<Quality, string>> = {
  exact: "exact here",
  sampled: "sampled",
  upper_bound: "upper bounds",
  lower_bound: "lower bounds",
  unavailable: "unavailable",
};

/** In one sentence, which opens the page: what the figures of a run are worth on this machine. */
export function qualitySentence(accounting: Accounting): string {
  const names = (quality: Quality) =>
    Object.entries(accounting).filter(([, account]) => account?.quality === quality).map(([name]) =>
      labelOf(name)
    );
  const parts = (Object.keys(WORDS) as Quality[]).flatMap((quality) => {
    const list = names(quality);
    return list.length === 0
      ? []
      : [`${inWords(list)} ${list.length === 1 ? "is" : "are"} ${said(quality, list)}`];
  });
  return `${capitalized(parts.join("; "))}.`;
}

/** "An upper bound" of one, "upper bounds" of several. */
function said(quality: Quality, { length }: readonly string[]): string {
  if (length > 1 || !quality.endsWith("bound")) return WORDS[quality];
  return quality === "upper_bound" ? "an upper bound" : "a lower bound";
}

/** A quantity of the accounting as the table of metrics calls it. */
export function labelOf(name: string): string {
  return Object.hasOwn(SUBJECTS, name)
    ? SUBJECTS[name as keyof typeof SUBJECTS].label
    : name.replaceAll("_", " ");
}

function inWords(list: readonly string[]): string {
  return list.length === 1 ? list[0] : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}
