import type { Difference } from "../../core/schema/comparison_schema.ts";
import { change, isTheSame, told } from "../words/quantity_words.ts";
import type { Told } from "../words/quantity_words.ts";
import { Html, markup } from "./html.ts";

const VERDICTS: Record<Told, string> = {
  more: "more",
  less: "less",
  negligible: "negligible",
  within_noise: "no significant change",
  too_few_runs: "too few runs to decide",
  not_comparable: "not compared",
};
/** Badges say well and ill; most differences are neither. */
const BADGES: Partial<Record<Told, string>> = { more: "bad", less: "good" };

/** How a set differs from the first in a quantity: a badge where the difference is sure and of practical size. */
export function differenceMark(name: string, difference: Difference): Html {
  const { verdict, reason } = difference;
  const words = isTheSame(difference)
    ? "the same"
    : [change(name, difference), VERDICTS[told(difference)]].filter(Boolean).join(" ");
  const why = verdict === "not_comparable" && reason !== null ? `: ${reason}` : "";
  const badge = BADGES[told(difference)];
  return badge ? markup`<span class="badge ${badge}">${words}</span>` : markup`<small>${words}${why}</small>`;
}
