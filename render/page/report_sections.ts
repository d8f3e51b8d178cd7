import type { Account } from "../../core/schema/record.ts";
import { MARKS, outcome } from "../text/report.ts";
import type { SummaryRow, SummaryRowId } from "../text/summary_row.ts";
import { humanBytes, humanCount, humanSeconds } from "../words/units.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { Html, markup } from "./html.ts";
import { row, section } from "./tables.ts";
import { barsOf, executablesOf } from "./pack_run.ts";
import { clippedTitle, titleOf, unsampledNote } from "../plot/titles.ts";
import { costOf, environmentOf, wentWell } from "./run_facts.ts";

const COLORED_EXECUTABLES = 10;
const LISTED_EXECUTABLES = 12;
/** Letters of a run's title above its column. */
const LONGEST_HEAD = 40;
/** The lines that stand as large figures above the charts. */
const LARGE_FIGURES: readonly SummaryRowId[] = ["wall", "cpu", "memory_peak", "disk", "processes"];
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
  const rows = costOf(run).filter(({ id }) => LARGE_FIGURES.includes(id));
  const cells = rows.map(({ label, value, detail, account }) => {
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
  }<label class="scale">Scale <select id="scale"><option value="fit">without spikes</option><option value="whole">whole</option><option value="log">logarithmic</option></select></label>
<span id="overview" aria-hidden="true"><span id="window"></span></span>
<span id="range"></span>
</div>`;
}

/** The summary, line by line, with the quality of each figure; a column for each run. */
export function costTable(runs: readonly RecordedRun[], titles: readonly string[]): Html {
  const costs = runs.map(costOf);
  const ids = mergedInOrder(costs.map((rows) => rows.map(({ id }) => id)));
  const rows = ids.map((id) => {
    const found = costs.map((cost) => cost.find((one) => one.id === id));
    const { label, part } = found.find((one) => one !== undefined)!;
    return row(part === undefined ? label : `${label}, ${part}`, found.map(costCell));
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
function mergedInOrder<T>(lists: readonly (readonly T[])[]): T[] {
  const merged: T[] = [];
  for (const list of lists) {
    list.forEach((one, index) => {
      if (!merged.includes(one)) merged.splice(merged.indexOf(list[index - 1]) + 1, 0, one);
    });
  }
  return merged;
}

function columnHeads(titles: readonly string[]): Html {
  return markup`<thead><tr><td></td>${
    titles.map((title) => markup`<th scope="col" title="${title}">${clippedTitle(title, LONGEST_HEAD)}</th>`)
  }</tr></thead>`;
}

function costCell(cost: SummaryRow | undefined): Html {
  if (!cost) return markup`<td></td>`;
  const { value, detail, account } = cost;
  const quality = account
    ? markup`<span class="quality ${account.quality}" title="${origin(account)}">${
      account.quality.replace("_", " ")
    }</span>`
    : NOTHING;
  // Why it is no better stands there as well: fingers and printers do not point.
  const remarks = [detail, account?.note ?? ""].filter(Boolean).join("; ");
  return markup`<td><strong>${value}</strong>${quality}<small>${remarks}</small></td>`;
}

/** Where a figure comes from, and why it is not better. */
function origin({ source, note }: Account): string {
  return `from ${source}${note === undefined ? "" : `: ${note}`}`;
}

function badge(run: RecordedRun): Html {
  const good = wentWell(run.summary);
  const words = run.summary ? outcome(run.summary) : "cut off";
  return markup`<span class="badge ${good === null ? "" : good ? "good" : "bad"}">${words}</span>`;
}

const sentence = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}.`;
