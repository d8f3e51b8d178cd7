import type uPlot from "uplot";
import type { Points } from "../../plot/downsample.ts";
import { styleOf } from "../parts/dom.ts";

/** Marks are as wide, and stand as far apart, in pixels of the page. */
const SIZE = 8;

/** A small triangle at the upper edge wherever something is cut off there. */
export function drawCut({ ctx, bbox, valToPos }: uPlot, runs: readonly Points[], top: number): void {
  const size = SIZE * devicePixelRatio;
  const found = runs.flatMap(({ times, lines }) =>
    times.filter((_, at) => lines.some((line) => (line[at] ?? 0) > top)).map((time) =>
      valToPos(time, "x", true)
    )
  ).toSorted((a, b) => a - b);
  ctx.save();
  ctx.fillStyle = styleOf("--bad");
  let last = -Infinity;
  for (const x of found) {
    if (x < last + size || x < bbox.left || x > bbox.left + bbox.width) continue;
    last = x;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x + size / 2, bbox.top + size * 0.8);
    ctx.lineTo(x - size / 2, bbox.top + size * 0.8);
    ctx.fill();
  }
  ctx.restore();
}
