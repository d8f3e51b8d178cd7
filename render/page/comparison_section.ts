import type { Comparison, Difference } from "../../core/schema/comparison_schema.ts";
import { judgedFigures } from "../words/judgement_words.ts";
import { change, isTheSame, meanAndDeviation, quantityWord, range, told } from "../words/quantity_words.ts";
import type { Told } from "../words/quantity_words.ts";
import { Html, markup } from "./html.ts";

const VERDICTS: Record<Told, string> = {
  more: "more",
  less: "less",
  negligible: "negligible",
  within_noise: "within the noise",
  too_few_runs: "too few runs to decide",
  not_comparable: "not compared",
};
/** Badges say well and ill; most differences are neither. */
const BADGES: Partial<Record<Told, string>> = { more: "bad", less: "good" };
const OUTCOMES = {
  holds: ["failed", "bad"],
  does_not_hold: ["passed", "good"],
  undecided: ["undecided", ""],
} as const;

/** Sets of runs held against the first, as a table of the page. */
export function comparisonSection(comparison: Comparison): Html {
  const { sets, quantities, judgements, test_count, confidence_percent } = comparison;
  const heads = sets.map(({ label, run_count }) =>
    markup`<th scope="col">${label} <small>${run_count} ${run_count === 1 ? "run" : "runs"}</small></th>`
  );
  const rows = quantities.map(({ name, measurements, differences }) => {
    const cells = measurements.map((measurement, set) => {
      const mark = measurement.quality === "exact"
        ? markup``
        : markup`<span class="quality ${measurement.quality}">${
          measurement.quality.replace("_", " ")
        }</span>`;
      const difference = set > 0 ? differenceOf(name, differences[set - 1]) : markup``;
      return markup`<td><strong>${meanAndDeviation(name, measurement)}</strong>${mark}<small>${
        range(name, measurement)
      }</small>${difference}</td>`;
    });
    return markup`<tr><th scope="row">${quantityWord(name)}</th>${cells}</tr>\n`;
  });
  const level = ((100 - confidence_percent) / 100).toFixed(2);
  const test = test_count === 0
    ? "Too few runs to separate differences from noise."
    : `More and less exceed the noise: Welch's t-test, corrected by Holm's method for ${test_count} tests, says p < ${level}.`;
  const judged = judgements.map((judgement) => {
    const { condition, set, outcome } = judgement;
    const [word, look] = OUTCOMES[outcome];
    const figures = judgedFigures(comparison, judgement);
    return markup`<li><span class="badge ${look}">${word}</span> ${
      sets[set].label
    }: <code>${condition.trim()}</code> ${figures && `(${figures})`}</li>`;
  });
  const words = "What differs";
  return markup`<section>
<h2>${words}</h2>
<div class="table" tabindex="0" role="region" aria-label="${words}">
<table><thead><tr><td></td>${heads}</tr></thead>
<tbody>
${rows}</tbody></table>
</div>
<p class="help">Mean ± standard deviation, range. ${test} Below, each set is shown by its run of median duration.</p>
${judged.length > 0 ? markup`<ul class="notes">${judged}</ul>` : markup``}
</section>
`;
}

function differenceOf(name: string, difference: Difference): Html {
  const { verdict, reason } = difference;
  const words = isTheSame(difference)
    ? "the same"
    : [change(name, difference), VERDICTS[told(difference)]].filter(Boolean).join(" ");
  const why = verdict === "not_comparable" && reason !== null ? `: ${reason}` : "";
  const badge = BADGES[told(difference)];
  return badge
    ? markup`<br><span class="badge ${badge}">${words}</span>`
    : markup`<br><small>${words}${why}</small>`;
}
