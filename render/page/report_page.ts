import { createHash } from "node:crypto";
import { COMPARISON } from "../../core/compare/comparison.ts";
import { checkValue, listOf, OBJECT, objectWith, rule } from "../../core/option.ts";
import type { Comparison } from "../../core/schema/comparison_schema.ts";
import { VERSION } from "../../core/schema/version.ts";
import { appSection } from "./app_section.ts";
import { comparisonSection } from "./comparison_section.ts";
import { humanCount } from "../words/units.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import style from "./built/page.css.txt" with { type: "text" };
import script from "./built/page.js.txt" with { type: "text" };
import { Html, markup, scriptJson } from "./html.ts";
import { barsOf, executablesOf, packRun } from "./pack_run.ts";
import type { PagePayload } from "./payload.ts";
import {
  about,
  costTable,
  environmentTable,
  executablesTable,
  figures,
  notes,
  toolbar,
} from "./report_sections.ts";
import { appPanels } from "../plot/app_panels.ts";
import { PANELS } from "../plot/panels.ts";
import { titlesOf } from "../plot/titles.ts";

const KEYS =
  markup`<p class="help keys">Drag to zoom, double-click to see all; <kbd>ctrl</kbd> and the wheel zoom,
<kbd>shift</kbd> and drag pan. In a chart: <kbd>←</kbd> <kbd>→</kbd> from sample to sample, <kbd>+</kbd> <kbd>−</kbd>
zoom, <kbd>0</kbd> shows all.</p>`;

const LIST = listOf("a list", () => null);
const RUN = objectWith("a run", {
  start: OBJECT,
  samples: OBJECT,
  processes: LIST,
  unended: LIST,
  notes: LIST,
});
const RUNS = rule(
  "a list of one run at least, as readRuns returns them",
  (value) => Array.isArray(value) && value.length > 0 && [...value].every((run) => RUN(run) === null),
);

/**
 * Runs as one HTML page that needs nothing beside it: their cost, their course, and where they were measured.
 *
 * @param comparison of sets of runs, each of which one of `runs` stands for
 * @throws ProctorError of kind `usage` when there is no run, or something else
 */
export function reportPage(runs: readonly RecordedRun[], comparison?: Comparison): string {
  checkValue("runs", runs, RUNS);
  if (comparison !== undefined) checkValue("comparison", comparison, COMPARISON);
  const titles = titlesOf(runs);
  const executables = executablesOf(runs.flatMap(barsOf)).map(({ name }) => name);
  const single = runs.length === 1;
  const parts = [
    ...(comparison ? [comparisonSection(comparison)] : []),
    ...(single ? [figures(runs[0])] : [costTable(runs, titles)]),
    course(runs.length),
    ...runs.map((run, index) => executablesTable(run, executables, single ? "" : titles[index])),
    ...(single ? [costTable(runs, titles)] : []),
    ...runs.map((run, index) => appSection(run, single ? "" : titles[index])),
    environmentTable(runs, titles),
  ];
  const title = comparison && !single
    ? comparisonTitle(comparison)
    : single
    ? titles[0]
    : `${runs.length} runs`;
  return markup`<!DOCTYPE html>
<html lang="en">
${head(title)}
<body>
<header>
<p class="brand">proctor report</p>
<h1>${title}</h1>
${single ? [about(runs[0])] : []}
${notes(runs, titles)}
</header>
<main>
${parts}
</main>
${footer(runs)}
<p id="announcer" class="visually-hidden" role="status" aria-live="polite"></p>
${data(runs, titles, executables)}
<script>${new Html(CODE)}</script>
</body>
</html>
`.text;
}

/** `after against before`. */
function comparisonTitle({ sets: [first, ...others] }: Comparison): string {
  const which = others.length === 1 ? others[0].label : `${others.length} sets of runs`;
  return `${which} against ${first.label}`;
}

const CODE = script.replaceAll("</script", "<\\/script");

function head(title: string): Html {
  // Whatever a record says, nothing but this script runs, and nothing is fetched.
  const hash = createHash("sha256").update(CODE).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'`;
  return markup`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="proctor ${VERSION}">
<title>${title} – proctor</title>
<style>${new Html(style)}</style>
</head>`;
}

function course(runs: number): Html {
  return markup`<section aria-labelledby="course">
<h2 id="course">Over time</h2>
${toolbar(runs)}
<div id="charts"><noscript>The charts are drawn by a script, which is switched off here.</noscript></div>
${KEYS}
</section>`;
}

function footer(runs: readonly RecordedRun[]): Html {
  const samples = humanCount(runs.reduce((sum, run) => sum + run.samples.length, 0));
  return markup`<footer>Made by proctor ${VERSION} from ${samples} samples. All of them stand in this file. Where several
fall into one column of pixels, the first, the lowest, the highest and the last are drawn, so no peak is lost at any
zoom.</footer>`;
}

function data(
  runs: readonly RecordedRun[],
  titles: readonly string[],
  executables: readonly string[],
): Html[] {
  const panels = [...PANELS, ...appPanels(runs)];
  const packed = runs.map((run, index) => packRun(run, titles[index], executables, panels));
  const payload: PagePayload = { panels, runs: packed.map((one) => one.packed) };
  const numbers = packed.map(({ bytes }, index) => {
    const text = new Html(Buffer.from(bytes).toString("base64"));
    return markup`\n<script type="application/octet-stream" id="run-${index}">${text}</script>`;
  });
  return [markup`<script type="application/json" id="payload">${scriptJson(payload)}</script>`, ...numbers];
}
