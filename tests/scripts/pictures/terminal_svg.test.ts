import assert from "node:assert/strict";
import { test } from "node:test";
import { terminalSvg } from "../../../scripts/pictures/terminal_svg.ts";
import { styledRuns, THEME } from "../../../scripts/pictures/styled_text.ts";

const E = "\x1b[";

test("a screen is parted into runs that look alike; what is turned around changes ink and paper", () => {
  const [first, second] = styledRuns(`a${E}1;31mb日${E}0m c\n${E}7m${E}2mx${E}27my`);
  assert.deepEqual(first.map(({ column, text, looks: { ink, isBold } }) => [column, text, ink, isBold]), [
    [0, "a", THEME.ink, false],
    [1, "b日", THEME.palette[1], true],
    [3, " c", THEME.ink, false],
  ]);
  assert.deepEqual(second.map(({ looks: { ink, paper, isDim } }) => [ink, paper, isDim]), [
    [THEME.paper, THEME.ink, true],
    [THEME.ink, null, true],
  ]);
  assert.throws(() => styledRuns(`${E}38;5;1mx`), /SGR 38/);
});

test("a picture says nothing but its text, and draws blocks without a seam", () => {
  const svg = terminalSvg([{ screen: "a<b>&c ██▁", seconds: 1 }], 12, 2, "x & y");
  assert.match(svg, />a&lt;b>&amp;c<\/text>/);
  assert.match(svg, /<title>x &amp; y<\/title>/);
  // Two whole blocks are one rectangle, two cells wide and one high.
  assert.match(svg, /<rect x="58.8" y="0" width="16.8" height="18"/);
  assert.match(svg, /<rect x="75.6" y="15.75" width="8.4" height="2.25"/);
  assert.doesNotMatch(svg, /keyframes|script|href="[^#]/);
});

test("a recording shows one frame after another, and a line that stays is in it once", () => {
  const frames = ["same\none", "same\ntwo", "same\none"].map((screen) => ({ screen, seconds: 2 }));
  const svg = terminalSvg(frames, 10, 2, "x");
  assert.equal(svg.match(/>same<\/text>/g)!.length, 1);
  assert.equal(svg.match(/>one<\/text>/g)!.length, 1);
  assert.match(
    svg,
    /@keyframes k1\{0%\{visibility:hidden\}33.33%\{visibility:visible\}66.67%\{visibility:hidden\}/,
  );
  assert.match(svg, /prefers-reduced-motion:reduce.*#f2\{visibility:visible\}/);
});
