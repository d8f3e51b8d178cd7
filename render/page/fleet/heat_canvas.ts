/// <reference lib="dom" />
import { styleOf } from "../parts/dom.ts";
import type { HeatCells } from "./heat_cells.ts";
import type { HeatLayout } from "./heat_layout.ts";

/** Steps of the colours. */
const STEPS = 7;
/** Between cells. */
const SPACE = 1;

/**
 * Draw a map. Cells with values are written as pixels and put there as one picture: thousands of rectangles take
 * longer than a frame, most of it on their way to the compositor. What has a shape of its own is one path a kind.
 */
export function drawHeat(
  canvas: HTMLCanvasElement,
  layout: HeatLayout,
  cells: HeatCells,
  most: number,
): void {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context || canvas.width === 0 || canvas.height === 0) return;
  const { groups, side, columns } = layout;
  const size = side - SPACE;
  const colors = Array.from({ length: STEPS }, (_, step) => pixelOf(context, styleOf(`--heat-${step}`)));
  const shapes = { unknown: new Path2D(), offline: new Path2D(), lost: new Path2D() };
  const picture = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (const { first, count, cellsTop } of groups) {
    for (let at = 0; at < count; at++) {
      const [x, y] = [at % columns * side, cellsTop + Math.floor(at / columns) * side];
      const look = cells.look(first + at);
      if (look.kind === "value") {
        const color = colors[Math.min(STEPS - 1, Math.floor(look.share * STEPS))];
        fill(pixels, canvas.width, x, y, size, color);
      } else addShape(shapes[look.kind], look.kind, x, y, size);
    }
  }
  context.putImageData(picture, 0, 0);
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.lineWidth = 1;
  for (const [kind, color] of [["unknown", "--edge"], ["offline", "--muted"], ["lost", "--bad"]] as const) {
    context.strokeStyle = styleOf(color);
    context.stroke(shapes[kind]);
  }
  context.fillStyle = styleOf("--text");
  context.font = `600 12px ${styleOf("--font")}`;
  context.textBaseline = "top";
  for (const { title, count, top } of groups) {
    context.fillText(fitted(context, title, `  ·  ${count}`, most), 0, top + 6);
  }
}

/** Fill a square; what is given are pixels of the page, what is written those of the screen. */
function fill(pixels: Uint32Array, width: number, x: number, y: number, size: number, color: number): void {
  const ratio = devicePixelRatio;
  const [left, right] = [Math.round(x * ratio), Math.round((x + size) * ratio)];
  const bottom = Math.round((y + size) * ratio);
  for (let row = Math.round(y * ratio); row < bottom; row++) {
    pixels.fill(color, row * width + left, row * width + right);
  }
}

/** A colour of the style sheet as a pixel. */
function pixelOf(context: CanvasRenderingContext2D, color: string): number {
  // A context says every colour without an alpha as six digits.
  context.fillStyle = color;
  const rgb = parseInt(String(context.fillStyle).slice(1), 16);
  const bytes = Uint8Array.of(rgb >> 16, rgb >> 8 & 255, rgb & 255, 255);
  return new Uint32Array(bytes.buffer)[0];
}

function addShape(path: Path2D, kind: "unknown" | "offline" | "lost", x: number, y: number, size: number) {
  path.rect(x + 0.5, y + 0.5, size - 1, size - 1);
  if (kind === "offline") {
    const middle = y + Math.floor(size / 2) + 0.5;
    path.moveTo(x + 2, middle);
    path.lineTo(x + size - 2, middle);
  } else if (kind === "lost") {
    path.moveTo(x + 1, y + 1);
    path.lineTo(x + size - 1, y + size - 1);
    path.moveTo(x + size - 1, y + 1);
    path.lineTo(x + 1, y + size - 1);
  }
}

/** A title and what follows it, cut short where it is wider than its place. */
function fitted(context: CanvasRenderingContext2D, title: string, end: string, width: number): string {
  if (context.measureText(title + end).width <= width) return title + end;
  let length = title.length;
  while (length > 1 && context.measureText(`${title.slice(0, length)}…${end}`).width > width) length--;
  return `${title.slice(0, length)}…${end}`;
}
