import { createHash } from "node:crypto";
import { VERSION } from "../core/version.ts";
import { MARKS, outcome } from "../exporters/report.ts";
import type { SummaryRow } from "../exporters/report.ts";
import { humanBytes, humanCount, humanSeconds } from "../exporters/units.ts";
import type { RecordedRun } from "../records/recorded_run.ts";
import style from "./built/page.css.txt" with { type: "text" };
import script from "./built/page.js.txt" with { type: "text" };
import { Html, html, scriptJson } from "./html.ts";
import { barsOf, executablesOf, packRun } from "./pack_run.ts";
import { titleOf } from "./payload.ts";
import type { PagePayload } from "./payload.ts";
import { costOf, environmentOf, wentWell } from "./run_facts.ts";

const COLORED_EXECUTABLES = 10;
const LISTED_EXECUTABLES = 12;
/** The lines that stand as large figures above the charts. */
const LARGE_FIGURES = ["wall", "CPU", "memory peak", "disk", "processes"];

/** Runs as one HTML page that needs nothing beside it: their cost, their course, and where they were measured. */
export function reportPage(runs: readonly RecordedRun[]): string {
  const executables = executablesOf(runs.flatMap(barsOf)).map(({ name }) => name);
  const packed = runs.map((run) => packRun(run, executables));
  const payload: PagePayload = { runs: packed.map((one) => one.packed) };
  const titles = runs.map((run) => titleOf(run.start, run.summary));
  const title = titles.length === 1 ? titles[0] : `${titles.length} runs`;
  const code = script.replaceAll("</script", "<\\/script");
  // Whatever a record says, nothing but this script runs, and nothing is fetched.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${
    createHash("sha256").update(code).digest("base64")
  }'`;
  const blobs = packed.map(({ bytes }, index) =>
    html`
      <script type="application/octet-stream" id="run-${index}">${Buffer.from(bytes).toString(
        "base64",
      )}</script>
    `
  );
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="generator" content="proctor ${VERSION}">
        <title>${title} – proctor</title>
        <style>${new Html(style)}</style>
      </head>
      <body>
    <header>
    <p class="brand">proctor report</p>
    <h1>${title}</h1>
    ${runs.length === 1 ? about(runs[0]) : html``}
    ${notes(runs, titles)}
    </header>
    <main>
    ${runs.length === 1 ? figures(runs[0]) : html``}
    ${runs.length > 1 ? costTable(runs, titles) : html``}
    <section aria-labelledby="course">
    <h2 id="course">Over time</h2>
    ${toolbar(runs.length)}
    <div id="charts"><noscript>The charts are drawn by a script, which is switched off here.</noscript></div>
    <p class="help keys">Drag to zoom, double-click to see all; <kbd>ctrl</kbd> and the wheel zoom, <kbd>shift</kbd> and drag
    pan. In a chart: <kbd>←</kbd> <kbd>→</kbd> from sample to sample, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>0</kbd> shows all.</p>
    </section>
    ${runs.map((run, index) => executablesTable(run, executables, runs.length > 1 ? titles[index] : ""))}
    ${runs.length === 1 ? costTable(runs, titles) : html``}
    ${environmentTable(runs, titles)}
    </main>
    <footer>Made by proctor ${VERSION} from ${humanCount(
      runs.reduce((sum, run) => sum + run.samples.length, 0),
    )} samples.
    All of them stand in this file. Where several fall into one column of pixels, the first, the lowest, the highest and
    the last are drawn, so no peak is lost at any zoom.</footer>
    <p id="announcer" class="visually-hidden" role="status" aria-live="polite"></p>
    <script type="application/json" id="payload">${scriptJson(payload)}</script>
    ${blobs}<script>${new Html(code)}</script>
      </body>
    </html>
  `.text;
}

function badge(run: RecordedRun): Html {
  const good = wentWell(run.summary);
  const words = run.summary ? outcome(run.summary) : "cut off";
  return html`<span class="badge ${good === null ? "" : good ? "good" : "bad"}">${words}</span>`;
}

function about(run: RecordedRun): Html {
  const { start } = run;
  const command = start.command.join(" ");
  const named = command !== "" && command !== titleOf(start, run.summary)
    ? html`<code>${command}</code>`
    : html``;
  return html`
    <p
      class="meta">${badge(run)}${named}<span>${start.timestamp.slice(0, 19).replace(
        "T",
        " ",
      )} UTC</span><span>${start.environment.host_name}</span><span>${humanCount(
        run.samples.length,
      )} samples</span></p>
  `;
}

function notes(runs: readonly RecordedRun[], titles: readonly string[]): Html {
  const items = runs.flatMap((run, index) =>
    run.notes.map((note) => html`<li>${runs.length > 1 ? `${titles[index]}: ` : ""}${sentence(note)}</li>`)
  );
  return items.length > 0 ? html`<ul class="notes">${items}</ul>` : html``;
}

const sentence = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}.`;

function figures(run: RecordedRun): Html {
  const cells = costOf(run).filter(([label]) => LARGE_FIGURES.includes(label)).map(
    ([label, value, detail, account]) => {
      const mark = account ? MARKS[account.quality] : "";
      const short = detail.split("; ")[0];
      return html`
        <div>
          <dt>${label}</dt>
          <dd>${value}<small>${[short, mark].filter(Boolean).join("; ")}</small></dd>
        </div>
      `;
    },
  );
  return html`<dl class="figures">${cells}</dl>`;
}

function toolbar(count: number): Html {
  const button = (action: string, name: string, sign: string, needsZoom = true) =>
    html`
      <button type="button" data-action="${action}" aria-label="${name}" title="${name}"
        ${new Html(needsZoom ? "data-needs-zoom" : "")}>${sign}</button>
    `;
  const layout = count > 1
    ? html`<button type="button" data-action="layout" hidden>Side by side</button>`
    : html``;
  return html`<div id="toolbar" role="toolbar" aria-label="Time">
${button("zoom-in", "Zoom in", "+", false)}${button("zoom-out", "Zoom out", "−")}${
    button("back", "Earlier", "←")
  }${button("forward", "Later", "→")}${button("all", "Show all", "All")}${layout}
<span id="overview" aria-hidden="true"><span id="window"></span></span><span id="range"></span>
</div>`;
}

function quality(row: SummaryRow | undefined): Html {
  const account = row?.[3];
  if (!account) return html``;
  return html`<span class="quality ${account.quality}" title="from ${account.source}">${
    account.quality.replace("_", " ")
  }</span>`;
}

function costTable(runs: readonly RecordedRun[], titles: readonly string[]): Html {
  const costs = runs.map(costOf);
  const labels = [...new Set(costs.flatMap((rows) => rows.map(([label]) => label)))];
  const body = labels.map((label) => {
    const cells = costs.map((rows) => {
      const row = rows.find(([other]) => other === label);
      return row
        ? html`<td><strong>${row[1]}</strong>${quality(row)}<small>${row[2]}</small></td>`
        : html`<td></td>`;
    });
    return html`<tr><th scope="row">${label === "  sampled" ? "CPU by samples" : label}</th>${cells}</tr>`;
  });
  const several = runs.length > 1;
  const heads = html`
    <thead>
      <tr><td></td>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr>
    </thead>
  `;
  const outcomes = html`<tr><th scope="row">outcome</th>${
    runs.map((run) => html`<td>${badge(run)}</td>`)
  }</tr>`;
  return html`
    <section aria-labelledby="cost">
      <h2 id="cost">What it cost</h2>
      <div class="table" tabindex="0" role="region" aria-labelledby="cost">
        <table>${several ? heads : html``}<tbody>${several ? outcomes : html``}${body}</tbody></table>
      </div>
    </section>
  `;
}

function executablesTable(run: RecordedRun, executables: readonly string[], title: string): Html {
  const totals = executablesOf(barsOf(run));
  if (totals.length === 0) return html``;
  const rows = totals.slice(0, LISTED_EXECUTABLES).map((one) => {
    const index = executables.indexOf(one.name);
    const color = index < COLORED_EXECUTABLES ? `--exe-${index}` : "--exe-other";
    return html`
      <tr>
        <th scope="row"><i class="swatch" style="--swatch: var(${color})"></i>${one.name}</th>
        <td class="number">${humanCount(one.count)}</td>
        <td class="number">${one.exact ? "" : "≥ "}${humanSeconds(one.cpuSeconds)}</td>
        <td class="number">${humanBytes(one.peakMemoryBytes)}</td>
      </tr>
    `;
  });
  const rest = totals.length - rows.length;
  const more = rest > 0 ? html`<p class="help">and ${rest} with less CPU</p>` : html``;
  const heading = title ? `Executables of ${title}` : "Executables";
  return html`<section><h2>${heading}</h2><div class="table" tabindex="0" role="region" aria-label="${heading}"><table><thead><tr>
<th scope="col">name</th><th scope="col" class="number">processes</th><th scope="col" class="number">own CPU</th>
<th scope="col" class="number">peak memory</th></tr></thead><tbody>${rows}</tbody></table></div>${more}</section>`;
}

function environmentTable(runs: readonly RecordedRun[], titles: readonly string[]): Html {
  const facts = runs.map(environmentOf);
  const rows = facts[0].map(([label], index) => {
    const values = facts.map((list) => list[index][1]);
    // What is the same for all is said once.
    const same = values.every((value) => value === values[0]);
    const cells = same
      ? html`<td colspan="${values.length}">${values[0]}</td>`
      : html`${values.map((value) => html`<td>${value}</td>`)}`;
    return html`<tr><th scope="row">${label}</th>${cells}</tr>`;
  });
  const heads = runs.length > 1
    ? html`
      <thead>
        <tr><td></td>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr>
      </thead>
    `
    : html``;
  return html`
    <section aria-labelledby="where">
      <h2 id="where">Environment</h2>
      <div class="table" tabindex="0" role="region" aria-labelledby="where">
        <table>${heads}<tbody>${rows}</tbody></table>
      </div>
    </section>
  `;
}
