import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProctorError } from "../../../core/error.ts";
import { coverageOf } from "../../../render/plot/font_coverage.ts";
import { legibleRuns } from "../../../render/plot/legible_runs.ts";
import { plotOf } from "../../../render/plot/plot_model.ts";
import { plotSvg } from "../../../render/plot/plot_svg.ts";
import { ownFont, svgToPng } from "../../../render/plot/svg_to_png.ts";
import { madeRun } from "../support/made_run.ts";

const DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const noDejaVu = existsSync(DEJAVU) ? false : "fonts-dejavu-core is missing";

/** What a font's table of characters says, read by fontTools. */
const FONT_TOOLS = `
import sys
from fontTools.ttLib import TTFont
print(" ".join(map(str, sorted(TTFont(sys.argv[1], fontNumber=0).getBestCmap()))))
`;
const read = (font: string) =>
  spawnSync("/usr/bin/python3", ["-c", FONT_TOOLS, font], { encoding: "utf8", maxBuffer: 1 << 26 });
const noFontTools = existsSync(DEJAVU) && read(DEJAVU).status === 0
  ? false
  : "fontTools (of python3-matplotlib), or fonts-dejavu-core, is missing";

async function pngOf(name: string, process: string, fonts: readonly Uint8Array[] = []): Promise<Uint8Array> {
  const run = await madeRun({ start: { name }, process: { name: process } });
  const { runs } = legibleRuns([run], [ownFont(), ...fonts].map(coverageOf));
  const svg = plotSvg(plotOf(runs, ["cpu", "timeline"]), { width: 600, theme: "light" });
  return await svgToPng(svg, 1, fonts);
}

describe("what a font can draw", () => {
  test("is what another program reads of it", { skip: noFontTools, timeout: 60_000 }, () => {
    const has = coverageOf(readFileSync(DEJAVU));
    const expected = read(DEJAVU).stdout.trim().split(" ").map(Number);
    assert.ok(expected.length > 5_000);
    const found = Array.from({ length: 0x20000 }, (_, codePoint) => codePoint).filter(has);
    assert.deepEqual(found, expected);
  });

  test("is much of Latin, Greek and Cyrillic for our own, and nothing of Chinese", () => {
    const has = coverageOf(ownFont());
    for (const letter of "Az09éßŁΩЯ●■…−") assert.ok(has(letter.codePointAt(0)!), letter);
    for (const letter of "中ビ한ع🚀") assert.ok(!has(letter.codePointAt(0)!), letter);
  });

  test("is refused of what is not a font, or half of one", () => {
    const font = ownFont();
    const refusedOrAsked = (bytes: Uint8Array) => {
      let has;
      try {
        has = coverageOf(bytes);
      } catch (error) {
        assert.ok(error instanceof ProctorError, String(error));
        assert.match(error.message, /^no TrueType or OpenType font|^its characters are/);
        return;
      }
      for (const codePoint of [0, 0x41, 0xffff, 0x1f680]) has(codePoint);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refusedOrAsked));
    for (let length = 0; length < font.length; length++) refusedOrAsked(font.subarray(0, length));
    assert.throws(() => coverageOf(font.subarray(0, 500)), ProctorError);
  });
});

describe("names in any script", () => {
  test("are drawn, or written out where no font has them", async () => {
    const run = await madeRun({
      start: { name: "构建 🚀 e\u0301té \x1b\ud800", command: ["编译", "x"] },
      process: { name: "ビ" },
    });
    const { runs: [legible], missing } = legibleRuns([run], [coverageOf(ownFont())]);
    assert.equal(legible.start.name, "\\u6784\\u5efa \\u{1f680} été \\x1b\\ufffd");
    assert.deepEqual(legible.start.command, ["\\u7f16\\u8bd1", "x"]);
    assert.ok(legible.processes.every(({ name }) => name === "\\u30d3"));
    assert.deepEqual(missing, new Set("构建🚀\ufffd编译ビ"));
  });

  test("give the picture of what is written out", { timeout: 60_000 }, async () => {
    assert.deepEqual(await pngOf("构", "🚀"), await pngOf("\\u6784", "\\u{1f680}"));
    assert.notDeepEqual(await pngOf("é", "x"), await pngOf("\\xe9", "x"));
  });

  test("are drawn with a font that has them", { skip: noDejaVu, timeout: 60_000 }, async () => {
    const fonts = [readFileSync(DEJAVU)];
    const armenian = await pngOf("Ա", "x", fonts);
    assert.notDeepEqual(armenian, await pngOf("\\u0531", "x", fonts));
    assert.notDeepEqual(armenian, await pngOf("Բ", "x", fonts), "another letter is drawn alike");
  });
});
