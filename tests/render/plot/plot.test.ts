import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { BrailleCanvas } from "../../../render/plot/braille.ts";
import { PLOT_NAMES, plotOf } from "../../../render/plot/plot_model.ts";
import { plotSvg } from "../../../render/plot/plot_svg.ts";
import { plotText } from "../../../render/plot/plot_text.ts";
import { assertRefused } from "../../support/expect.ts";
import { svgToPng } from "../../../render/plot/svg_to_png.ts";
import { madeRun } from "../support/made_run.ts";

const LIGHT = { width: 800, theme: "light" } as const;
const numbers = (text: string) => [...text.matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) => Number(number));

/** The points of the first path with this colour. */
function pathOf(svg: string, color: string): { x: number; y: number }[] {
  const path = new RegExp(`<path d="([^"]+)" fill="none" stroke="${color}"`).exec(svg)?.[1];
  assert.ok(path, `no line of ${color}`);
  let [x, y] = [0, 0];
  return [...path.matchAll(/([MLHV])([^MLHV]+)/g)].map(([, command, text]) => {
    const [a, b] = numbers(text);
    if (command === "V") y = a;
    else if (command === "H") x = a;
    else [x, y] = [a, b];
    return { x, y };
  });
}

describe("a plot as SVG", () => {
  test("draws what was measured, to its scale", async () => {
    const svg = plotSvg(plotOf([await madeRun()], ["memory"]), LIGHT);
    const points = pathOf(svg, "#2f6bd8");
    assert.equal(points.length, 100);
    // From 0.1 s to 10 s over the width of the plot; memory rises evenly from 1 to 100 MiB, whose line is the peak's.
    const [first, last] = [points[0], points[99]];
    assert.ok(Math.abs(last.x - (800 - 20)) < 0.2 && Math.abs(first.x - (82 + 6.98)) < 0.2);
    const bottom = first.y + (first.y - last.y) / 99;
    points.forEach(({ y }, index) =>
      assert.ok(Math.abs(bottom - y - ((index + 1) * (bottom - last.y)) / 100) < 0.2)
    );
    assert.ok(svg.includes("peak 100 MiB") && svg.includes("64 MiB</text>"));
  });

  test("has round labels, none of which is cut off", async () => {
    const svg = plotSvg(plotOf([await madeRun({ cpu: () => 0.75 })], ["cpu"]), LIGHT);
    const labels = [...svg.matchAll(/text-anchor="end" fill="[^"]+">([\d.]+%)</g)].map(([, label]) => label);
    assert.deepEqual(labels, ["0%", "0.2%", "0.4%", "0.6%"]);
    // Times: the last one stands at the end of the axis, with no room for half of it.
    const long = plotSvg({ ...plotOf([await madeRun()], ["cpu"]), seconds: 4.5 * 86_400 }, LIGHT);
    assert.match(long, /<text x="798" [^>]*text-anchor="end"[^>]*>4d 12h</);
    assert.match(long, /text-anchor="middle"[^>]*>4d 0h</);
  });

  test("draws averages as steps since the start, and leaves gaps open", async () => {
    const run = await madeRun({ cpu: (index) => index === 50 ? null as never : 50 });
    const svg = plotSvg(plotOf([run], ["cpu"]), LIGHT);
    const path = /<path d="([^"]+)" fill="none" stroke="#2f6bd8"/.exec(svg)![1];
    assert.equal(path.match(/M/g)!.length, 2, path);
    assert.equal(numbers(path)[0], 82, "does not begin at the start");
  });

  test("draws a sample alone as a dot", async () => {
    const one = await madeRun({ samples: 1 });
    const svg = plotSvg(plotOf([one, await madeRun({ samples: 5 })], ["memory"]), LIGHT);
    const dots = [
      ...svg.matchAll(/<path d="M([\d.]+) ([\d.]+)h0" [^>]*stroke="([^"]+)"[^>]*stroke-linecap="round"/g),
    ];
    assert.equal(dots.length, 1, svg);
    // At 0.1 s of 0.5 s, in the colour of the first run.
    assert.ok(Math.abs(Number(dots[0][1]) - (82 + 698 / 5)) < 0.2, dots[0][1]);
    assert.equal(dots[0][3], "#2f6bd8");
  });

  test("says which runs are missing, and how many there are only once", async () => {
    const short = await madeRun({ samples: 0 });
    const runs = [short, short, short, await madeRun({ samples: 5 })];
    const plot = plotOf(runs, ["cpu"]);
    const words = /3 of 4 runs ended before their first sample, and have no lines/;
    const svg = plotSvg(plot, LIGHT);
    assert.match(svg, words);
    assert.equal(svg.match(/>4 runs</g)?.length, 1);
    assert.match(plotText(plot, { columns: 80, color: false }).split("\n")[1], words);
    assertRefused(() => plotOf([short, short], ["cpu"]), "usage", "first sample", "--interval");
  });

  test("keeps the peak of a long run, and stays small", async () => {
    const run = await madeRun({ samples: 50_000, cpu: (index) => index === 31_234 ? 100 : index % 7 });
    const svg = plotSvg(plotOf([run], ["cpu"]), LIGHT);
    const points = pathOf(svg, "#2f6bd8");
    const ys = points.map(({ y }) => y);
    const tops = points.filter(({ y }) => y === Math.min(...ys));
    assert.ok(tops.every(({ x }) => Math.abs(x - (82 + 698 * 31_235 / 50_000)) < 1.5), JSON.stringify(tops));
    assert.ok(svg.length < 120_000, `${svg.length} bytes`);
  });

  test("has a bar for each process, in the colour of its executable", async () => {
    const svg = plotSvg(plotOf([await madeRun()], ["timeline"]), LIGHT);
    const bars = (color: string) =>
      new RegExp(`<path d="([^"]+)" fill="${color}"`).exec(svg)?.[1].match(/M/g)?.length;
    assert.equal(bars("#4f86e8"), 17, "cc1, which has most CPU");
    assert.equal(bars("#f0a04b"), 3, "as");
  });

  const hasPython = process.platform !== "win32" && existsSync("/usr/bin/python3");
  const noPython = hasPython ? false : "python3, which reads the XML, is missing";
  test("is well-formed, whatever stands in it", { skip: noPython }, async () => {
    const words = "</text><script>alert(1)</script>&\"'\u0000\u001b\uffff\ud800🦊";
    const run = await madeRun({ start: { name: words }, process: { name: words } });
    const svg = plotSvg(plotOf([run, run], PLOT_NAMES), { width: 800, theme: "dark" });
    const program = "import sys, xml.etree.ElementTree as t\n" +
      "r = t.parse(sys.stdin.buffer).getroot()\n" +
      "print(r.tag, r.get('width'), sum(e.tag.endswith('script') for e in r.iter()))";
    const { stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", program], {
      input: svg,
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    assert.equal(stdout, "{http://www.w3.org/2000/svg}svg 800 0\n");
  });

  test("of nothing is refused", async () => {
    const run = await madeRun();
    assertRefused(() => plotOf([run], ["network"]), "usage", "nothing to plot", "network");
  });
});

test("a plot as PNG has the pixels of its lines", async () => {
  const png = await svgToPng(plotSvg(plotOf([await madeRun()], ["memory"]), LIGHT), 1.5);
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(png.buffer, png.byteOffset);
  assert.equal(view.getUint32(16), 1_200, "width");
  // A second one: the renderer is made once.
  const again = await svgToPng(plotSvg(plotOf([await madeRun()], ["memory"]), LIGHT), 1.5);
  assert.deepEqual(again, png);
  const other = await svgToPng(plotSvg(plotOf([await madeRun({ cpu: () => 5 })], ["cpu"]), LIGHT), 1.5);
  assert.notDeepEqual(other, png);
});

describe("a plot as text", () => {
  test("sets the dots that Unicode says", () => {
    const canvas = new BrailleCanvas(2, 1);
    canvas.set(0, 0, 0);
    canvas.set(1, 3, 0);
    canvas.set(2, 1, 1);
    canvas.set(99, 0, 0);
    canvas.set(0, -1, 0);
    assert.equal(canvas.row(0, (owner, text) => `${owner}${text}`), "0\u28811\u2802");
  });

  test("rises where the values rise, within its columns", async () => {
    const text = plotText(plotOf([await madeRun()], ["memory"]), { columns: 60, color: false });
    const lines = text.trimEnd().split("\n");
    assert.match(lines[2], /^Memory {2}━ memory, max 100 MiB$/);
    for (const line of lines) assert.ok([...line].length <= 60, line);
    const rows = lines.slice(3, 10).map((line) => [...line].slice(11).findIndex((letter) => letter !== " "));
    assert.deepEqual(rows, rows.toSorted((a, b) => b - a), "each row begins left of the one above");
    assert.ok(rows[0] > 35 && rows[6] <= 1, `${rows}`);
    assert.match(lines[3 + 2], /^ +64 MiB ┤/);
    assert.match(lines.at(-1)!, /^ +0s +2s +4s +6s +8s/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(text, /\x1b/);
  });

  test("cuts commands, and nothing that tells lines from others", async () => {
    const command = ["sh", "-c", "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; echo $i > /dev/null"];
    const run = await madeRun({ start: { name: undefined, command } });
    const text = plotText(plotOf([run, run], ["io"]), { columns: 60, color: false });
    assert.match(text, /━ sh -c i=0.*… \(made\.jsonl\) #1, read, max/);
    assert.match(text, /━ sh -c i=0.*… \(made\.jsonl\) #2, written, max/);
    for (const line of text.split("\n")) assert.ok([...line].length <= 60, line);
  });

  test("has colours where they are welcome, and never a foreign escape", async () => {
    const run = await madeRun({ start: { name: "\x1b[2Jevil" } });
    const text = plotText(plotOf([run], ["cpu", "io"]), { columns: 80, color: true });
    assert.ok(text.includes("\x1b[34m") && text.includes("\x1b[33m"));
    assert.ok(!text.includes("\x1b[2J"));
  });
});
