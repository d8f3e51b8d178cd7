import { partsOf } from "../language/expression.ts";
import type { Call, Expression } from "../language/expression.ts";
import type { Rule } from "../rules/rule.ts";
import type { Kept } from "./ring.ts";

/** Buckets of a window, and of one of which a quantile is wanted. */
const [PARTS, QUANTILE_PARTS, LINE_PARTS] = [12, 60, 24];

/** A window that is kept of a figure. */
export interface RingNeed {
  readonly figure: string;
  readonly kept: Kept;
  readonly windowMs: number;
  readonly parts: number;
  /** Whether it is fed with what the figure has grown by. */
  readonly isIncrease: boolean;
}

/** What rules need to be kept. */
export interface Needs {
  readonly figures: ReadonlySet<string>;
  readonly rings: ReadonlyMap<string, RingNeed>;
  /** Figures of which the usual is learnt. */
  readonly usual: ReadonlySet<string>;
}

/** The window that a function reads; null where it reads none. */
export function ringOf({ name, figure, windowMs }: Call): RingNeed | null {
  if (windowMs === null) return null;
  const need = (kept: Kept, parts = PARTS, isIncrease = false) => ({
    figure,
    kept,
    windowMs,
    parts,
    isIncrease,
  });
  switch (name) {
    case "avg":
    case "count":
      return need("mean");
    case "max":
    case "min":
      return need(name);
    case "p95":
      return need("mean", QUANTILE_PARTS);
    case "increase":
    case "rate":
      return need("sum", PARTS, true);
    case "delta":
      return need("first");
    case "trend":
      return need("mean", LINE_PARTS);
    default:
      return null;
  }
}

/** Needs that are alike have one name: what several rules need is kept once. */
export function ringKey({ figure, kept, windowMs, parts }: RingNeed): string {
  return `${figure} ${kept} ${windowMs} ${parts}`;
}

/** What is to be kept for some rules. */
export function needsOf(rules: readonly Rule[]): Needs {
  const [figures, rings, usual] = [new Set<string>(), new Map<string, RingNeed>(), new Set<string>()];
  const conditions = rules.flatMap(({ when, until }): Expression[] => until ? [when, until] : [when]);
  for (const part of conditions.flatMap((condition) => [...partsOf(condition)])) {
    if (part.type === "figure") figures.add(part.name);
    if (part.type !== "call" || part.figure === "") continue;
    const ring = ringOf(part);
    if (ring) rings.set(ringKey(ring), ring);
    if (!ring || part.name === "delta") figures.add(part.figure);
    if (part.name === "anomaly") usual.add(part.figure);
  }
  return { figures, rings, usual };
}
