import type { MeanRatio } from "../../core/compare/ratio.ts";

/** `1.19 ± 0.16`; large ones with fewer decimals, and without a deviation where it is unknown. */
export function ratioWords({ ratio, deviation }: MeanRatio): string {
  const digits = ratio >= 100 ? 0 : ratio >= 10 ? 1 : 2;
  return Number.isNaN(deviation)
    ? ratio.toFixed(digits)
    : `${ratio.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}
