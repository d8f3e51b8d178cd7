import type uPlot from "uplot";

/** Lines are never thinner than this, in pixels of the page. */
const LEAST_HEIGHT = 1.5;

/** How a line of many samples is to be drawn. */
export interface ThinnedStyle {
  readonly color: string;
  /** Of the area below; undefined for none. */
  readonly fill: string | undefined;
  /** Below 1 where lines may hide each other. */
  readonly opacity: number;
  /** Whether a value holds back to the sample before. */
  readonly stepped: boolean;
}

/**
 * Draw a thinned line: in each column of pixels a bar from its lowest to its highest value. Rectangles on whole
 * pixels cost a tenth of a line through the same points.
 *
 * @param values four for each column, as made by render/plot/downsample.ts
 */
export function drawThinned(
  { ctx, bbox, valToPos, scales }: uPlot,
  values: readonly (number | null | undefined)[],
  { color, fill, opacity, stepped }: ThinnedStyle,
): void {
  const columns = values.length / 4;
  const bottom = bbox.top + bbox.height;
  const thick = LEAST_HEIGHT * devicePixelRatio;
  const xOf = (column: number) => Math.round(bbox.left + (column * bbox.width) / columns);
  // Of a linear scale two points tell all.
  const zero = valToPos(0, "y", true);
  const slope = valToPos(1, "y", true) - zero;
  const isLinear = scales.y.distr === 1;
  const yOf = (value: number) => isLinear ? zero + slope * value : valToPos(value, "y", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.globalAlpha = opacity;
  let before: { readonly column: number; readonly y: number } | undefined;
  for (let column = 0; column < columns; column++) {
    const at = 4 * column;
    const first = values[at];
    if (first === undefined) continue;
    if (first === null) {
      before = undefined;
      continue;
    }
    const ys = [first, values[at + 1]!, values[at + 2]!, values[at + 3]!].map(yOf);
    const x = xOf(column);
    const width = Math.max(1, xOf(column + 1) - x);
    let [top, low] = [Math.min(...ys), Math.max(...ys)];
    if (before && before.column + 1 < column) bridge(xOf(before.column + 1), before.y, x, ys[0]);
    if (before && (stepped || before.column + 1 === column)) {
      top = Math.min(top, before.y);
      low = Math.max(low, before.y);
    }
    if (fill) {
      ctx.fillStyle = fill;
      ctx.fillRect(x, top, width, bottom - top);
    }
    ctx.fillStyle = color;
    ctx.fillRect(x, top - thick / 2, width, low - top + thick);
    before = { column, y: ys[3] };
  }
  ctx.restore();

  /** Across columns without a sample. */
  function bridge(fromX: number, fromY: number, toX: number, toY: number): void {
    if (fill) {
      ctx.fillStyle = fill;
      ctx.beginPath();
      ctx.moveTo(fromX, bottom);
      ctx.lineTo(fromX, stepped ? toY : fromY);
      ctx.lineTo(toX, toY);
      ctx.lineTo(toX, bottom);
      ctx.fill();
    }
    ctx.strokeStyle = color;
    ctx.lineWidth = thick;
    ctx.beginPath();
    ctx.moveTo(fromX, stepped ? toY : fromY);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  }
}
