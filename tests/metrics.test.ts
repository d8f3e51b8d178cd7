import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { METRICS, SUBJECTS, TOTALS } from "../core/measure/metrics.ts";
import type { Metric } from "../core/measure/metrics.ts";
import { PLACES } from "../exporters/otlp/task_metrics.ts";
import { FAMILIES, metricFamily } from "../exporters/prometheus/families.ts";
import { PANELS } from "../render/plot/panels.ts";
import { quantityWord } from "../render/words/quantity_words.ts";
import { ROOT } from "./support/fixture.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** A test for each metric, so that one that was forgotten somewhere is called by its name. */
function ofEach(metrics: readonly Metric[], check: (metric: Metric) => void): void {
  for (const metric of metrics) test(metric.name, () => check(metric));
}

describe("docs/metrics.md says of", () => {
  const documented = read("docs/metrics.md").split("\n").map((line) => line.replace(/ +/g, " "));
  ofEach(METRICS, (metric) => assert.ok(documented.includes(rowOf(metric)), `missing: ${rowOf(metric)}`));
});

function rowOf(metric: Metric): string {
  const { name, label, kind, unit, group, help } = metric;
  const [instrument, attributes = {}] = PLACES[name] ?? [];
  const otlp = [instrument?.name, ...Object.values(attributes)].filter(Boolean).map((word) => `\`${word}\``);
  const cells = [
    `\`${name}\``,
    label,
    `${kind}, ${unit}`,
    group ?? "–",
    help,
    `\`${metricFamily(metric).name}\``,
    otlp.join(" ") || "–",
  ];
  return `| ${cells.join(" | ")} |`;
}

describe("OpenTelemetry has a place, or a reason for none, for", () => {
  ofEach(METRICS, ({ name }) => assert.ok(Object.hasOwn(PLACES, name)));
});

describe("Prometheus shows", () => {
  const names = FAMILIES.map(({ name }) => name);
  test("no two under one name", () => assert.equal(new Set(names).size, names.length));
  ofEach(METRICS, (metric) => assert.ok(names.includes(metricFamily(metric).name)));
});

describe("Python has the type of", () => {
  const source = read("python/proctor/_records.py");
  const members = (name: string) => /(?:^ {4}.*\n|^\n)+/m.exec(source.split(`\nclass ${name}(`)[1])![0];
  const type = ({ unit }: Metric) => unit === "percent" || unit === "seconds" ? "float" : "int";
  const line = (metric: Metric) => `    ${metric.name}: Optional[${type(metric)}]\n`;
  ofEach(METRICS, (metric) => assert.ok(members("Metrics").includes(line(metric))));
  test("each total in the summary", () => {
    for (const metric of TOTALS) assert.ok(members("Summary").includes(line(metric)), metric.name);
  });
  test("nothing that is not a metric", () => {
    const names = [...members("Metrics").matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name);
    assert.deepEqual(names, METRICS.map(({ name }) => name));
  });
});

describe("people read", () => {
  test("a label of its own for each metric, told apart by the unit at most", () => {
    const told = METRICS.map(({ label, unit }) => `${label}, ${unit}`);
    assert.deepEqual(told, [...new Set(told)]);
  });

  ofEach(METRICS, ({ subject, label, part }) => {
    const words = SUBJECTS[subject].label;
    assert.ok(
      part === undefined ? label === words : label === `${words} ${part}` || label === `${part} ${words}`,
    );
  });

  test("the same labels in comparisons and charts", () => {
    for (const { name, label } of TOTALS) assert.equal(quantityWord(name), label);
    for (const { title, lines } of PANELS) {
      for (const { column, label } of lines) {
        const metric = METRICS.find(({ name }) => name === column);
        if (metric) assert.equal(label, metric.part ?? metric.label, title);
      }
    }
  });
});

test("every metric is drawn where it says so", () => {
  const drawn = PANELS.flatMap(({ lines }) => lines.map(({ column }) => column));
  for (const { name, chart } of METRICS) assert.equal(drawn.includes(name), chart !== undefined, name);
});
