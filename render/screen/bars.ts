import type { Glyphs } from "./sparkline.ts";

/**
 * Values as columns of several lines, from the top down; see `sparkline`.
 *
 * @param values NaN where unknown
 * @param high what a full column stands for; an empty one stands for 0
 */
export function columnChart(
  values: readonly number[],
  height: number,
  high: number,
  { levels, unknown }: Glyphs,
): string[] {
  const steps = values.map((value) =>
    Number.isNaN(value) ? NaN : high > 0 ? Math.round((value / high) * height * levels.length) : 0
  );
  return Array.from({ length: height }, (_, index) => {
    const below = (height - 1 - index) * levels.length;
    return steps.map((step) => {
      if (Number.isNaN(step)) return unknown;
      const own = Math.min(levels.length, step - below);
      // What is known to be nothing has a line at its foot.
      return own > 0 ? levels[own - 1] : below === 0 ? levels[0] : " ";
    }).join("");
  });
}

/** A share as a bar of exactly so many characters. @param share 0 to 1; NaN where it is unknown */
export function shareBar(share: number, width: number, { parts, rest }: Glyphs): string {
  const steps = Number.isNaN(share) ? 0 : Math.round(Math.max(0, Math.min(1, share)) * width * parts.length);
  const whole = Math.floor(steps / parts.length);
  const part = steps % parts.length;
  const bar = parts.at(-1)!.repeat(whole) + (part > 0 ? parts[part - 1] : "");
  return bar + rest.repeat(width - bar.length);
}
