import { quartilesOf } from "../../core/compare/quartiles.ts";
import type { Comparison } from "../../core/schema/comparison_schema.ts";
import { unitOf } from "../../core/measure/metrics.ts";
import { humanFigure, quantityWord } from "../words/quantity_words.ts";
import { counted } from "../words/units.ts";
import { differenceMark } from "./difference_mark.ts";
import { distributionOf } from "./distribution_model.ts";
import type { Distribution, Lane } from "./distribution_model.ts";
import { Html, markup } from "./html.ts";
import { row, section } from "./tables.ts";

/** Colours of the charts of several runs, which sets share. */
const SET_COLORS = 6;
const LANE_HEIGHT = 34;
const AXIS_HEIGHT = 22;
const ROW_OFFSETS = [0, -8, 8];

type Quantity = Comparison["quantities"][number];

/** The runs of every set as dots and a box, quantity by quantity, and the same as a table. */
export function distributionSection(comparison: Comparison): Html {
  const { sets, quantities } = comparison;
  const drawn = quantities.flatMap((quantity) => {
    const found = distributionOf(quantity.name, quantity.measurements.map(({ values }) => values));
    return found ? [figure(comparison, quantity, found)] : [];
  });
  const alike = quantities.filter(({ name, measurements }) =>
    distributionOf(name, measurements.map(({ values }) => values)) === null
  ).map(({ name }) => quantityWord(name));
  const runs = sets.map(({ label, run_count }) => `${label}: ${counted(run_count, "run")}`).join(", ");
  const same = alike.length > 0
    ? markup`<p class="help">The same in every run: ${alike.join(", ")}.</p>`
    : markup``;
  return markup`<section aria-labelledby="distributions">
<h2 id="distributions">Every run <small>${runs}</small></h2>
<div class="spreads">
${drawn}</div>
${same}
<p class="help">Each dot is a run; the box holds the middle half of them, the line in it is the median. The scale
does not begin at zero.</p>
<details class="figures-of-runs"><summary>The same as a table</summary>
${quartileTable(comparison)}
</details>
</section>
`;
}

function figure(comparison: Comparison, { name, differences }: Quantity, found: Distribution): Html {
  const { sets } = comparison;
  const word = quantityWord(name);
  const lanes = found.lanes.map((lane, set) => {
    const { label, run_count } = sets[set];
    return markup`<div class="spread-set" style="--swatch: var(--run-${set % SET_COLORS})">
<span class="spread-name" title="${label}"><i class="swatch"></i>${label} <small>${
      counted(run_count, "run")
    }</small></span>
${laneDrawing(name, `${word} of ${label}`, lane, found)}
</div>
`;
  });
  const marks = differences.map((difference, index) =>
    markup`<span>${sets.length > 2 ? markup`<small>${sets[index + 1].label}</small> ` : markup``}${
      differenceMark(name, difference)
    }</span>`
  );
  return markup`<figure class="chart spread" data-quantity="${name}">
<figcaption><h3>${word}</h3><span class="spread-marks">${marks}</span></figcaption>
${lanes}<div class="spread-set" aria-hidden="true"><span></span><svg class="spread-axis" height="${AXIS_HEIGHT}">${
    found.ticks.map(({ at, value }) =>
      markup`<text x="${percent(at)}" y="14" text-anchor="${
        at < 0.04 ? "start" : at > 0.96 ? "end" : "middle"
      }">${tickWords(name, value)}</text>`
    )
  }</svg></div>
</figure>
`;
}

function laneDrawing(name: string, label: string, { dots, box }: Lane, { ticks }: Distribution): Html {
  const values = dots.map(({ value }) => value);
  const middle = LANE_HEIGHT / 2;
  const words = values.length === 0 ? "unknown in every run" : inWords(name, values);
  const grid = ticks.map(({ at }) =>
    markup`<line class="grid" x1="${percent(at)}" x2="${percent(at)}" y1="0" y2="${LANE_HEIGHT}"/>`
  );
  const range = dots.length > 1
    ? markup`<line class="range" x1="${percent(dots[0].at)}" x2="${
      percent(dots[dots.length - 1].at)
    }" y1="${middle}" y2="${middle}"/>`
    : markup``;
  const boxed = box
    ? markup`<rect class="box" x="${percent(box.low)}" width="${percent(box.high - box.low)}" y="5" height="${
      LANE_HEIGHT - 10
    }" rx="3"/><line class="median" x1="${percent(box.median)}" x2="${percent(box.median)}" y1="3" y2="${
      LANE_HEIGHT - 3
    }"/>`
    : markup``;
  const circles = dots.map(({ at, row, run, value }) =>
    markup`<circle cx="${percent(at)}" cy="${middle + ROW_OFFSETS[row]}" r="3.6"><title>run ${run}: ${
      humanFigure(name, value)
    }</title></circle>`
  );
  return markup`<svg class="spread-lane" height="${LANE_HEIGHT}" role="img" aria-label="${label}: ${words}">${grid}${range}${boxed}${circles}</svg>`;
}

/** What a drawing shows, for whom it is read out. */
function inWords(name: string, values: readonly number[]): string {
  const { low, median, high } = quartilesOf(values);
  const figure = (value: number) => humanFigure(name, value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const runs = counted(values.length, "run");
  if (values.length === 1) return `${runs}, ${figure(least)}`;
  if (least === most) return `${runs}, all ${figure(least)}`;
  return `${runs} from ${figure(least)} to ${figure(most)}, median ${figure(median)}, middle half from ${
    figure(low)
  } to ${figure(high)}`;
}

function quartileTable({ sets, quantities }: Comparison): Html {
  const heads = ["runs", "lowest", "first quartile", "median", "third quartile", "highest"];
  const head = markup`<thead><tr><th scope="col">metric</th><th scope="col">set</th>${
    heads.map((name) => markup`<th scope="col" class="number">${name}</th>`)
  }</tr></thead>`;
  const rows = quantities.flatMap(({ name, measurements }) =>
    measurements.map(({ values }, set) => {
      const cells = values.length === 0
        ? [markup`<td class="number" colspan="5">unknown</td>`]
        : figuresOf(values).map((value) => markup`<td class="number">${humanFigure(name, value)}</td>`);
      return row(quantityWord(name), [
        markup`<td>${sets[set].label}</td><td class="number">${values.length}</td>`,
        ...cells,
      ]);
    })
  );
  return section("Runs in figures", head, rows, 3);
}

function figuresOf(values: readonly number[]): number[] {
  const { low, median, high } = quartilesOf(values);
  return [Math.min(...values), low, median, high, Math.max(...values)];
}

/** `0.3s`, `2 MiB`: no more digits than a tick has. */
function tickWords(name: string, value: number): string {
  if (unitOf(name) !== "seconds" || value >= 60) return humanFigure(name, value);
  return value >= 1 || value === 0
    ? `${Number(value.toPrecision(4))}s`
    : `${Number((value * 1e3).toPrecision(4))}ms`;
}

const percent = (share: number) => `${Number((share * 100).toFixed(2))}%`;
