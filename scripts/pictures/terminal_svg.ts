import { styledRuns, THEME } from "./styled_text.ts";
import type { Looks, Run } from "./styled_text.ts";

const CELL = { width: 8.4, height: 18 };
const FONT_SIZE = 14;
const BASELINE = 13.5;
const MARGIN = 14;
const BAR = 30;
/** Eighths of a cell, from below. */
const FROM_BELOW = "▁▂▃▄▅▆▇█";
/** Arms of lines: up, right, down, left; thick ones are twice as wide. */
const LINES: Readonly<Record<string, readonly [arms: string, width: number]>> = {
  "─": ["rl", 1],
  "│": ["ud", 1],
  "┃": ["ud", 2.4],
  "━": ["rl", 3.2],
  "╸": ["l", 3.2],
  "├": ["urd", 1],
  "└": ["ur", 1],
};

/** A moment of a screen, and how long it stands. */
export interface Frame {
  /** With its SGR sequences. */
  readonly screen: string;
  readonly seconds: number;
}

const number = (value: number) => String(Number(value.toFixed(2)));
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/**
 * A terminal as an SVG that needs nothing beside it: one frame is a picture, several play over and over, and where
 * motion is not welcome the last one stands. Blocks and lines are drawn, so that no font leaves gaps between them.
 */
export function terminalSvg(frames: readonly Frame[], columns: number, rows: number, title: string): string {
  const width = columns * CELL.width + 2 * MARGIN;
  const height = rows * CELL.height + BAR + MARGIN;
  const lines = new Map<string, number>();
  const drawn: string[] = [];
  const bodies = frames.map(({ screen }) =>
    styledRuns(screen).slice(0, rows).map((runs, row) => {
      const line = runs.map(drawRun).join("");
      if (line === "") return "";
      let id = lines.get(line);
      if (id === undefined) {
        lines.set(line, id = lines.size);
        drawn.push(`<g id="l${id}">${line}</g>`);
      }
      return `<use href="#l${id}" y="${number(row * CELL.height)}"/>`;
    }).join("")
  );
  const total = frames.reduce((sum, { seconds }) => sum + seconds, 0);
  let begin = 0;
  const style = frames.length === 1 ? "" : frames.map(({ seconds }, index) => {
    const [from, to] = [begin / total, (begin + seconds) / total].map((at) => number(at * 100));
    begin += seconds;
    return `@keyframes k${index}{0%{visibility:${index === 0 ? "visible" : "hidden"}}` +
      `${from}%{visibility:visible}${to}%{visibility:hidden}100%{visibility:hidden}}` +
      `#f${index}{visibility:hidden;animation:k${index} ${number(total)}s step-end infinite}`;
  }).join("") +
    `@media(prefers-reduced-motion:reduce){g{animation:none!important}#f${
      frames.length - 1
    }{visibility:visible}}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${number(width)} ${number(height)}" ` +
    `width="${number(width)}" height="${number(height)}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:${FONT_SIZE}px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre}` +
    `.b{font-weight:700}.d{opacity:.55}${style}</style>`,
    `<rect width="100%" height="100%" rx="9" fill="${THEME.paper}"/>`,
    ...["#f0717b", "#f2c260", "#a3d977"].map((color, at) =>
      `<circle cx="${18 + at * 18}" cy="16" r="5.5" fill="${color}"/>`
    ),
    `<text x="${number(width / 2)}" y="20.5" text-anchor="middle" fill="${THEME.ink}" class="d">${
      escaped(title)
    }</text>`,
    `<defs>${drawn.join("")}</defs>`,
    ...bodies.map((body, index) =>
      `<g id="f${index}"><g transform="translate(${MARGIN} ${BAR})">${body}</g></g>`
    ),
    "</svg>",
    "",
  ].join("\n");
}

function drawRun({ column, text, looks }: Run): string {
  const characters = [...text];
  const x = column * CELL.width;
  const paper = looks.paper === null
    ? ""
    : rect(x, 0, characters.length * CELL.width, CELL.height, looks.paper, false);
  let drawn = "";
  let words = "";
  const flush = (end: number) => {
    const left = words.length - words.trimStart().length;
    const shown = words.trim();
    const count = [...shown].length;
    if (count > 0) drawn += textAt(x + (end - [...words].length + left) * CELL.width, shown, count, looks);
    words = "";
  };
  for (let index = 0; index < characters.length;) {
    let count = 1;
    while (characters[index + count] === characters[index]) count++;
    const shape = shapeOf(characters[index], x + index * CELL.width, count, looks);
    if (shape === null) words += characters[index].repeat(count);
    else {
      flush(index);
      drawn += shape;
    }
    index += count;
  }
  flush(characters.length);
  return paper + drawn;
}

function textAt(x: number, text: string, count: number, { ink, isBold, isDim }: Looks): string {
  const classes = [isBold ? "b" : "", isDim ? "d" : ""].filter((one) => one !== "").join(" ");
  return `<text x="${number(x)}" y="${BASELINE}" fill="${ink}" textLength="${number(count * CELL.width)}"` +
    `${classes === "" ? "" : ` class="${classes}"`}>${escaped(text)}</text>`;
}

/** So many alike beside each other, without a seam; null for what is left to a font. */
function shapeOf(character: string, x: number, count: number, { ink, isDim }: Looks): string | null {
  const below = FROM_BELOW.indexOf(character) + 1;
  if (below > 0) {
    const height = (below / 8) * CELL.height;
    return rect(x, CELL.height - height, count * CELL.width, height, ink, isDim);
  }
  const [arms, width] = LINES[character] ?? [];
  if (arms === undefined) return null;
  if (arms === "rl") {
    const y = (CELL.height - width) / 2;
    return rect(x, y, count * CELL.width, width, ink, isDim);
  }
  return Array.from({ length: count }, (_, at) => {
    const path = armsAt(x + at * CELL.width, arms);
    return `<path d="${path}" stroke="${ink}" stroke-width="${width}"${isDim ? ' class="d"' : ""}/>`;
  }).join("");
}

function armsAt(x: number, arms: string): string {
  const [middle, centre] = [x + CELL.width / 2, CELL.height / 2];
  const to: Readonly<Record<string, string>> = {
    u: `M${number(middle)} ${centre}V0`,
    d: `M${number(middle)} ${centre}V${CELL.height}`,
    l: `M${number(middle)} ${centre}H${number(x)}`,
    r: `M${number(middle)} ${centre}H${number(x + CELL.width)}`,
  };
  return [...arms].map((arm) => to[arm]).join("");
}

function rect(x: number, y: number, width: number, height: number, fill: string, isDim: boolean): string {
  return `<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" ` +
    `fill="${fill}"${isDim ? ' class="d"' : ""}/>`;
}
