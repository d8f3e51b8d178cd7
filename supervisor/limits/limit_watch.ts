import type { LimitRule } from "../definition.ts";

/** What a limit has to say after a look. */
export type LimitVerdict =
  | "quiet"
  /** The warning threshold was crossed. */
  | "warning"
  /** It is exceeded, and was for as long as it takes. */
  | "exceeded"
  /** It is kept again. */
  | "kept";

/** One limit as it has been kept so far; says everything once. */
export class LimitWatch {
  #overSinceMs: number | null = null;
  #isTold = false;
  #isWarned = false;

  /** @param max the limit in force, which may have been adjusted */
  constructor(readonly rule: LimitRule, readonly max: number) {}

  /** What a value at a time means; times in milliseconds on a clock that does not go back. */
  look(value: number, nowMs: number): LimitVerdict {
    if (value > this.max) {
      this.#overSinceMs ??= nowMs;
      if (this.#isTold || nowMs - this.#overSinceMs < this.rule.sustainedMs) return this.#warn(value);
      this.#isTold = this.#isWarned = true;
      return "exceeded";
    }
    this.#overSinceMs = null;
    const verdict = this.#warn(value);
    if (verdict === "warning" || !this.#isTold) return verdict;
    this.#isTold = false;
    return "kept";
  }

  #warn(value: number): LimitVerdict {
    const { warningShare } = this.rule;
    if (warningShare === null) return "quiet";
    const isAbove = value > this.max * warningShare;
    const isNew = isAbove && !this.#isWarned;
    this.#isWarned = isAbove;
    return isNew ? "warning" : "quiet";
  }
}

const UNITS = [["T", 2 ** 40], ["G", 2 ** 30], ["M", 2 ** 20], ["K", 2 ** 10]] as const;

/** A value of a limit as one would write it: `512M`, `150 %`, `20`. */
export function limitText(kind: LimitRule["kind"], value: number): string {
  if (kind === "cpu") return `${Math.round(value * 10) / 10} %`;
  if (kind !== "memory") return String(Math.round(value));
  const [unit, bytes] = UNITS.find(([, size]) => value >= size) ?? ["B", 1];
  return `${Math.round((value / bytes) * 10) / 10}${unit}`;
}

/** What a limit binds, in words. */
export const LIMIT_NAMES: Readonly<Record<LimitRule["kind"], string>> = {
  memory: "memory",
  cpu: "CPU",
  file_descriptors: "open descriptors",
  processes: "processes",
};
