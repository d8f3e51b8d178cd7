import type uPlot from "uplot";
import { styleOf } from "./dom.ts";

/** Something that happened at a moment, as a chart marks it. */
export interface TimeMark {
  /** Seconds since the epoch. */
  readonly time: number;
  /** A run began, or an alert fired; each has a sign of its own. */
  readonly kind: "restart" | "alert";
  readonly label: string;
}

const COLORS = { restart: "--muted", alert: "--bad" } as const;

/** Draw an upright line for each moment in sight, with a sign at its top that tells its kind without colour. */
export function drawTimeMarks({ ctx, bbox, valToPos, scales }: uPlot, marks: readonly TimeMark[]): void {
  const { min, max } = scales.x;
  const unit = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = unit;
  for (const { time, kind } of marks) {
    if (time < min! || time > max!) continue;
    const x = Math.round(valToPos(time, "x", true)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = styleOf(COLORS[kind]);
    ctx.setLineDash(kind === "restart" ? [2 * unit, 3 * unit] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    if (kind === "alert") {
      ctx.moveTo(x - 5 * unit, bbox.top + 9 * unit);
      ctx.lineTo(x + 5 * unit, bbox.top + 9 * unit);
      ctx.lineTo(x, bbox.top);
    } else ctx.arc(x, bbox.top + 4 * unit, 3 * unit, 0, 7);
    ctx.fill();
  }
  ctx.restore();
}

/** What happened between two moments, in words. */
export function marksBetween(marks: readonly TimeMark[], from: number, until: number): string[] {
  return marks.filter(({ time }) => time > from && time <= until).map(({ label }) => label);
}
