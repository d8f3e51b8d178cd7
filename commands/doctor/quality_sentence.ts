import type { Accounting, Quality } from "../../core/schema/record.ts";
import type { Finding } from "../../platform/mod.ts";

/** How a quality is called in a sentence, the best first. */
const WORDS: Readonly<Record<Quality, string>> = {
  exact: "exact",
  sampled: "sampled",
  upper_bound: "upper bounds",
  lower_bound: "lower bounds",
  unavailable: "unavailable",
};

/**
 * In one sentence: which quantities of a run are exact on this machine, which are less, which have no source, and what
 * would give more.
 */
export function qualitySentence(accounting: Accounting, findings: readonly Finding[]): string {
  const names = (quality: Quality) =>
    Object.entries(accounting).filter(([, account]) => account?.quality === quality)
      .map(([name]) => name.replaceAll("_", " "));
  const parts = (Object.keys(WORDS) as Quality[]).flatMap((quality) => {
    const list = names(quality);
    return list.length === 0
      ? []
      : [`${WORDS[quality]} ${list.length === 1 ? "is" : "are"} ${list.join(", ")}`];
  });
  const advice = [...new Set(findings.flatMap(({ ok, advice }) => ok || advice === null ? [] : [advice]))];
  const more = advice.length === 0 ? "nothing would give more" : `what would give more: ${advice[0]}`;
  return `Of a run ${parts.join("; ")}; ${more}.`;
}
