import type { Comparison } from "../../core/schema/comparison_schema.ts";
import { judgedFigures } from "../words/judgement_words.ts";
import { meanAndDeviation, quantityWord, range } from "../words/quantity_words.ts";
import { differenceMark } from "./difference_mark.ts";
import { distributionSection } from "./distribution_section.ts";
import { Html, markup } from "./html.ts";

const OUTCOMES = {
  holds: ["failed", "bad"],
  does_not_hold: ["passed", "good"],
  undecided: ["undecided", ""],
} as const;

/** Sets of runs held against the first: a table of what differs, and every run as a dot. */
export function comparisonSection(comparison: Comparison): Html {
  const { sets, quantities, judgements, test_count, confidence_percent, threshold_percent } = comparison;
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
      const difference = set > 0 ? markup`<br>${differenceMark(name, differences[set - 1])}` : markup``;
      return markup`<td><strong>${meanAndDeviation(name, measurement)}</strong>${mark}<small>${
        range(name, measurement)
      }</small>${difference}</td>`;
    });
    return markup`<tr><th scope="row">${quantityWord(name)}</th>${cells}</tr>\n`;
  });
  const level = ((100 - confidence_percent) / 100).toFixed(2);
  const test = test_count === 0
    ? "Too few runs to separate differences from noise."
    : `A difference is marked when it exceeds the noise (Welch's t-test, corrected by Holm's method for ${test_count} tests, says p < ${level}) and is ${threshold_percent}% or more.`;
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
<p class="help">Mean ± standard deviation, range. ${test} Over time, each set is shown by its run of median duration.</p>
${judged.length > 0 ? markup`<ul class="notes">${judged}</ul>` : markup``}
</section>
${distributionSection(comparison)}`;
}
