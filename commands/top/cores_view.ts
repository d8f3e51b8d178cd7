import { shareBar } from "../../render/screen/bars.ts";
import { fitRight } from "../../render/screen/fit_text.ts";
import { sparkline } from "../../render/screen/sparkline.ts";
import type { Glyphs } from "../../render/screen/sparkline.ts";
import type { Line, Size, Style } from "../../render/screen/style.ts";

/** A bar, what it is of, and its percentage. */
const LEAST_CELL = 24;
const WIDEST_CELL = 44;
/** What is busy stands out. */
const HOT_PERCENT = 90;
const WARM_PERCENT = 60;
const GAP = 2;
const PERCENT_WIDTH = 6;
/** Of the screen, what CPUs may take of its lines. */
const SHARE_OF_ROWS = 1 / 8;
const LEAST_ROWS = 16;

/** How the CPUs stand on a screen: each with a bar, or where they are too many as one character each. */
interface CoresLayout {
  readonly perLine: number;
  readonly lines: number;
  readonly hasBars: boolean;
}

function layoutOf(count: number, { columns, rows }: Size): CoresLayout {
  const most = Math.max(1, Math.floor(rows * SHARE_OF_ROWS));
  const widest = Math.max(1, Math.floor((columns + GAP) / (LEAST_CELL + GAP)));
  const lines = Math.ceil(count / widest);
  if (lines <= most) return { perLine: Math.ceil(count / lines), lines, hasBars: true };
  const perLine = Math.max(1, columns - LABEL.length);
  return { perLine, lines: Math.min(most, Math.ceil(count / perLine)), hasBars: false };
}

const LABEL = "CPUs ";

/** How many lines so many CPUs take; none where they are not known, not wanted, or the screen is small. */
export function coreLineCount(count: number, size: Size, isWanted: boolean): number {
  return isWanted && count > 0 && size.rows >= LEAST_ROWS ? layoutOf(count, size).lines : 0;
}

/** What each CPU does, in as many lines as {@link coreLineCount} says. */
export function coreLines(percents: readonly number[], size: Size, glyphs: Glyphs): Line[] {
  const { perLine, lines, hasBars } = layoutOf(percents.length, size);
  return Array.from({ length: lines }, (_, index) => {
    const part = percents.slice(index * perLine, (index + 1) * perLine);
    if (!hasBars) return [[LABEL.padEnd(LABEL.length), "dim"], [sparkline(part, 0, 100, glyphs), "spark"]];
    const width = Math.min(WIDEST_CELL, Math.floor((size.columns + GAP) / perLine) - GAP);
    return part.flatMap((percent, at) => coreCell(index * perLine + at, percent, width, at, glyphs));
  });
}

function coreCell(
  number: number,
  percent: number,
  width: number,
  at: number,
  glyphs: Glyphs,
): [string, Style?][] {
  const name = String(number).padStart(2);
  const text = Number.isNaN(percent) ? glyphs.missing : `${percent.toFixed(0)}%`;
  const bar = shareBar(percent / 100, Math.max(1, width - name.length - PERCENT_WIDTH - 1), glyphs);
  const full = bar.replaceAll(glyphs.rest, "");
  const style = percent >= HOT_PERCENT ? "hot" : percent >= WARM_PERCENT ? "warm" : "spark";
  return [
    ...(at > 0 ? [[" ".repeat(GAP)] as [string]] : []),
    [`${name} `, "dim"],
    [full, style],
    [bar.slice(full.length), "dim"],
    [fitRight(text, PERCENT_WIDTH, "")],
  ];
}
