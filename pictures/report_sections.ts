import { MARKS, outcome } from "../exporters/report.ts";
import type { SummaryRow } from "../exporters/report.ts";
import { humanBytes, humanCount, humanSeconds } from "../exporters/units.ts";
import type { RecordedRun } from "../records/recorded_run.ts";
import { Html, markup } from "./html.ts";
import { barsOf, executablesOf } from "./pack_run.ts";
import { clippedTitle, titleOf, unsampledNote } from "./titles.ts";
import { costOf, environmentOf, wentWell } from "./run_facts.ts";

const COLORED_EXECUTABLES = 10;
const LISTED_EXECUTABLES = 12;
/** Letters of a run's title above its column. */
const LONGEST_HEAD = 40;
/** The lines that stand as large figures above the charts. */
const LARGE_FIGURES = ["wall", "CPU", "memory peak", "disk", "processes"];
const NOTHING = markup``;

/** Under the headline: how it ended, what was run, when and where. */
export function about(run: RecordedRun): Html {
  const { start } = run;
  const command = start.command.join(" ");
  const isSaid = command === "" || command === titleOf(run);
  const facts = [
    `${start.timestamp.slice(0, 19).replace("T", " ")} UTC`,
    start.environment.host_name,
    `${humanCount(run.samples.length)} samples`,
  ];
  return markup`<p class="meta">${badge(run)}${isSaid ? NOTHING : markup`<code>${command}</code>`}${
    facts.map((fact) => markup`<span>${fact}</span>`)
  }</p>`;
}

/** What a reader should know of the records. */
export function notes(runs: readonly RecordedRun[], titles: readonly string[]): Html {
  const unsampled = unsampledNote(runs);
  const said = runs.flatMap((run, index) =>
    run.notes.map((note) => `${runs.length > 1 ? `${titles[index]}: ` : ""}${sentence(note)}`)
  );
  const items = [...(unsampled === null ? [] : [sentence(unsampled)]), ...said].map((line) =>
    markup`<li>${line}</li>`
  );
  return items.length > 0 ? markup`<ul class="notes">${items}</ul>` : NOTHING;
}

/** The totals that matter most, large. */
export function figures(run: RecordedRun): Html {
  const rows = costOf(run).filter(([label]) => LARGE_FIGURES.includes(label));
  const cells = rows.map(([label, value, detail, account]) => {
    const remarks = [detail.split("; ")[0], account ? MARKS[account.quality] : ""].filter(Boolean).join("; ");
    return markup`<div><dt>${label}</dt><dd>${value}<small>${remarks}</small></dd></div>\n`;
  });
  return markup`<dl class="figures">${cells}</dl>`;
}

/** The buttons over the charts. */
export function toolbar(runs: number): Html {
  const button = (action: string, name: string, sign: string, needsZoom = true) => {
    const zoom = new Html(needsZoom ? " data-needs-zoom" : "");
    return markup`<button type="button" data-action="${action}" aria-label="${name}" title="${name}"${zoom}>${sign}</button>\n`;
  };
  const buttons = [
    button("zoom-in", "Zoom in", "+", false),
    button("zoom-out", "Zoom out", "−"),
    button("back", "Earlier", "←"),
    button("forward", "Later", "→"),
    button("all", "Show all", "All"),
  ];
  const layout = markup`<button type="button" data-action="layout" hidden>Side by side</button>\n`;
  return markup`<div id="toolbar" role="toolbar" aria-label="Time">
${buttons}${
    runs > 1 ? layout : NOTHING
  }<span id="overview" aria-hidden="true"><span id="window"></span></span>
<span id="range"></span>
</div>`;
}

/** The summary, line by line, with the quality of each figure; a column for each run. */
export function costTable(runs: readonly RecordedRun[], titles: readonly string[]): Html {
  const costs = runs.map(costOf);
  const labels = mergedInOrder(costs.map((rows) => rows.map(([label]) => label)));
  const rows = labels.map((label) => {
    const cells = costs.map((cost) => costCell(cost.find(([other]) => other === label)));
    return row(label === "  sampled" ? "CPU by samples" : label, cells);
  });
  const outcomes = row("outcome", runs.map((run) => markup`<td>${badge(run)}</td>`));
  return section("What it cost", runs.length > 1 ? columnHeads(titles) : NOTHING, [
    ...(runs.length > 1 ? [outcomes] : []),
    ...rows,
  ]);
}

/** What each executable came to, with its colour in the timeline. */
export function executablesTable(run: RecordedRun, executables: readonly string[], title: string): Html {
  const totals = executablesOf(barsOf(run));
  if (totals.length === 0) return NOTHING;
  const rows = totals.slice(0, LISTED_EXECUTABLES).map((one) => {
    const index = executables.indexOf(one.name);
    const color = index < COLORED_EXECUTABLES ? `--exe-${index}` : "--exe-other";
    const numbers = [
      humanCount(one.count),
      `${one.exact ? "" : "≥ "}${humanSeconds(one.cpuSeconds)}`,
      humanBytes(one.peakMemoryBytes),
    ];
    return row(
      markup`<i class="swatch" style="--swatch: var(${color})"></i>${one.name}`,
      numbers.map((number) => markup`<td class="number">${number}</td>`),
    );
  });
  const rest = totals.length - LISTED_EXECUTABLES;
  const more = rest > 0
    ? row("others", [markup`<td class="number" colspan="3">${rest} with less CPU</td>`])
    : NOTHING;
  const heads = ["processes", "own CPU", "peak memory"]
    .map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const head = markup`<thead><tr><th scope="col">name</th>${heads}</tr></thead>`;
  return section(title ? `Executables of ${title}` : "Executables", head, [...rows, more]);
}

/** Where and how the runs were measured. */
export function environmentTable(runs: readonly RecordedRun[], titles: readonly string[]): Html {
  const facts = runs.map(environmentOf);
  const rows = facts[0].map(([label], index) => {
    const values = facts.map((list) => list[index][1]);
    // What is the same for all is said once.
    const same = values.every((value) => value === values[0]);
    return row(
      label,
      same
        ? [markup`<td colspan="${values.length}">${values[0]}</td>`]
        : values.map((value) => markup`<td>${value}</td>`),
    );
  });
  return section("Environment", runs.length > 1 ? columnHeads(titles) : NOTHING, rows);
}

/** All that stand in any of the lists, each behind what it stands behind there. */
function mergedInOrder(lists: readonly (readonly string[])[]): string[] {
  const merged: string[] = [];
  for (const list of lists) {
    list.forEach((one, index) => {
      if (!merged.includes(one)) merged.splice(merged.indexOf(list[index - 1]) + 1, 0, one);
    });
  }
  return merged;
}

function section(heading: string, head: Html, rows: readonly Html[]): Html {
  return markup`<section>
<h2>${heading}</h2>
<div class="table" tabindex="0" role="region" aria-label="${heading}">
<table>${head}
<tbody>
${rows}</tbody></table>
</div>
</section>
`;
}

function row(label: string | Html, cells: readonly Html[]): Html {
  return markup`<tr><th scope="row">${label}</th>${cells}</tr>\n`;
}

function columnHeads(titles: readonly string[]): Html {
  return markup`<thead><tr><td></td>${
    titles.map((title) => markup`<th scope="col" title="${title}">${clippedTitle(title, LONGEST_HEAD)}</th>`)
  }</tr></thead>`;
}

function costCell(cost: SummaryRow | undefined): Html {
  if (!cost) return markup`<td></td>`;
  const [, value, detail, account] = cost;
  const quality = account
    ? markup`<span class="quality ${account.quality}" title="from ${account.source}">${
      account.quality.replace("_", " ")
    }</span>`
    : NOTHING;
  return markup`<td><strong>${value}</strong>${quality}<small>${detail}</small></td>`;
}

function badge(run: RecordedRun): Html {
  const good = wentWell(run.summary);
  const words = run.summary ? outcome(run.summary) : "cut off";
  return markup`<span class="badge ${good === null ? "" : good ? "good" : "bad"}">${words}</span>`;
}

const sentence = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}.`;
