import type uPlot from "uplot";
import type { Mark } from "../payload.ts";
import { styleOf } from "./dom.ts";

/** Draw a dashed line across a chart for each mark that is not above its top, with words that can be read on it. */
export function drawMarks({ ctx, bbox, valToPos }: uPlot, marks: readonly Mark[], top: number): void {
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px ${styleOf("--font")}`;
  ctx.textAlign = "right";
  for (const { value, label } of marks) {
    if (value > top) continue;
    const y = Math.round(valToPos(value, "y", true)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = styleOf("--muted");
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const above = y - bbox.top > 16 * devicePixelRatio;
    const at = [
      bbox.left + bbox.width - 4 * devicePixelRatio,
      y + (above ? -4 : 13) * devicePixelRatio,
    ] as const;
    ctx.setLineDash([]);
    ctx.strokeStyle = styleOf("--card");
    ctx.lineWidth = 4 * devicePixelRatio;
    ctx.strokeText(label, ...at);
    ctx.fillText(label, ...at);
  }
  ctx.restore();
}
