import { printable } from "../../core/printable.ts";
import type { Style } from "./style.ts";

/** What the screen is drawn with; some terminals have no more than ASCII. */
export interface Glyphs {
  /** From lowest to highest; the first stands for zero. */
  readonly levels: readonly string[];
  /** Of a bar that lies, from the least part of a character to a whole one, and what is left of it. */
  readonly parts: readonly string[];
  readonly rest: string;
  readonly unknown: string;
  /** In place of a figure. */
  readonly missing: string;
  /** What a terminal can show of a text. */
  readonly shown: (text: string) => string;
  readonly ellipsis: string;
  readonly folded: string;
  readonly unfolded: string;
  /** More siblings follow; the last one; a line past; nothing. */
  readonly branch: readonly [string, string, string, string];
  readonly separator: string;
  readonly cursor: string;
  /** Drawn across the screen. */
  readonly rule: string;
  /** Before what was written to standard output, and to standard error. */
  readonly bars: readonly [string, string];
  readonly arrow: string;
}

/** For terminals that show Unicode. */
export const UNICODE: Glyphs = {
  levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
  parts: ["╸", "━"],
  rest: "─",
  unknown: " ",
  missing: "–",
  shown: printable,
  ellipsis: "…",
  folded: "▸",
  unfolded: "▾",
  branch: ["├ ", "└ ", "│ ", "  "],
  separator: " · ",
  cursor: "▏",
  rule: "─",
  bars: ["│", "┃"],
  arrow: "→",
};

/** For all others. */
export const ASCII: Glyphs = {
  levels: ["_", ".", ":", "-", "=", "+", "*", "#"],
  parts: ["#"],
  rest: ".",
  unknown: " ",
  missing: "-",
  shown: (text) => printable(text).replace(/[^\x20-\x7e]/g, "?"),
  ellipsis: "~",
  folded: "+",
  unfolded: "-",
  branch: ["|-", "`-", "| ", "  "],
  separator: ", ",
  cursor: "_",
  rule: "-",
  bars: ["|", "#"],
  arrow: "->",
};

/**
 * Values as a line of little bars, one each.
 *
 * @param values NaN where unknown
 * @param low what the lowest bar stands for; @param high what the highest does
 */
export function sparkline(
  values: readonly number[],
  low: number,
  high: number,
  { levels, unknown }: Glyphs,
): string {
  const step = (high - low) / levels.length;
  return values.map((value) => {
    if (Number.isNaN(value)) return unknown;
    const level = step > 0 ? Math.floor((value - low) / step) : 0;
    return levels[Math.max(0, Math.min(levels.length - 1, level))];
  }).join("");
}

/**
 * A line of little bars of CPU or memory, and how it looks. A line of nothing is there, and no more: the eye is to find
 * the others.
 */
export function sparkPiece(
  values: readonly number[],
  what: "cpu" | "memory",
  glyphs: Glyphs,
): readonly [line: string, style: Style] {
  const [low, high] = what === "cpu" ? cpuScale(values) : memoryScale(values);
  const line = sparkline(values, low, high, glyphs);
  const isFlat = [...line].every((level) => level === glyphs.levels[0] || level === glyphs.unknown);
  return [line, isFlat ? "dim" : "spark"];
}

/** The scale of a line of CPU: a core, or more where more was used. */
export function cpuScale(values: readonly number[]): [low: number, high: number] {
  return [0, Math.max(100, ...values.filter((value) => !Number.isNaN(value)))];
}

/** Growth below this share of the whole is flat. */
const FLAT_SHARE = 0.1;

/**
 * The scale of a line of memory: from its lowest to its highest, so that growth is seen, and nothing is made of
 * little.
 */
export function memoryScale(values: readonly number[]): [low: number, high: number] {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return [0, 1];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return [low, Math.max(high, low + high * FLAT_SHARE, low + 1)];
}
