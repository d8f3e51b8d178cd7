import { z } from "zod";
import { LONGEST_MS, parseDuration, unitlessDuration } from "../duration.ts";
import { ProctorError, usageError } from "../error.ts";
import { ceilingFault } from "../measure/interval.ts";
import { profiles } from "../measure/profile.ts";
import type { MonitoringProfile } from "../measure/profile.ts";
import { checkValue, TEXT } from "../option.ts";
import { profileSchema } from "./record.ts";
import { describeIssues, IN_OUR_WORDS } from "./zod_issues.ts";

const DEFAULT_INTERVAL_MS = 10_000; // as in `standard`

function interval(value: number | string, context: z.core.$RefinementCtx): number {
  if (typeof value === "string") {
    try {
      return parseDuration(value, "duration");
    } catch (error) {
      if (!(error instanceof ProctorError)) throw error;
      context.addIssue({ code: "custom", message: error.message.replace(/^duration: /, "") });
      return z.NEVER;
    }
  }
  const ms = unitlessDuration(value);
  if (ms !== null && ms > LONGEST_MS) {
    context.addIssue({
      code: "custom",
      message: `${value} nanoseconds are longer than the longest interval, "596h"`,
    });
    return z.NEVER;
  }
  if (ms !== null) return ms;
  context.addIssue({
    code: "custom",
    message: `${value} could be seconds or nanoseconds; write "${value}ms" or "${value}s"`,
  });
  return z.NEVER;
}

const intervalSchema = z.union([z.int().positive(), z.string()], {
  error:
    'must be a duration such as "5s", or a positive integer: seconds below 1,000, nanoseconds from 1,000,000',
}).transform(interval);
const intervalMsSchema = z.number().positive().max(LONGEST_MS);

/** A profile as users write it: every key optional, the interval in any of its spellings. */
const profileInputSchema = z.strictObject({
  ...profileSchema.shape,
  interval: intervalSchema,
  interval_ms: intervalMsSchema.nullable(),
  max_interval: intervalSchema,
  max_interval_ms: intervalMsSchema.nullable(),
  history_size: z.int().min(0).max(10_000_000),
}).partial().superRefine((profile, context) => {
  for (const key of ["interval", "max_interval"] as const) {
    if (profile[key] !== undefined && typeof profile[`${key}_ms`] === "number") {
      context.addIssue({
        code: "custom",
        path: [`${key}_ms`],
        message: `stands beside "${key}"; keep one of them`,
      });
    }
  }
});

/**
 * Read a profile written by a user: the object `monitoring_profile`, bare or under that key. What is
 * left out is as in the profile `standard`.
 *
 * @param where names the file or option in the message
 * @throws ProctorError of kind `usage`, with the path of every faulty key
 */
export function parseProfile(input: unknown, where: string): MonitoringProfile {
  checkValue("where", where, TEXT);
  const result = profileInputSchema.safeParse(unwrap(input), IN_OUR_WORDS);
  if (!result.success) throw usageError(`${where}: ${describeIssues(result.error)}`);
  const { interval, interval_ms, max_interval, max_interval_ms, ...rest } = result.data;
  const base = { ...profiles.standard, ...rest };
  const baseMs = interval_ms ?? interval ?? DEFAULT_INTERVAL_MS;
  if (base.enabled && (interval_ms === null || max_interval_ms === null)) {
    const key = interval_ms === null ? "interval_ms" : "max_interval_ms";
    throw usageError(`${where}: ${key}: null is for a disabled profile; write milliseconds`);
  }
  const ceiling = max_interval_ms ?? max_interval;
  if (ceiling !== undefined && ceiling < baseMs) {
    throw usageError(`${where}: max_interval: ${ceilingFault(ceiling, baseMs)}`);
  }
  if (!base.enabled) return { ...base, adaptive: false, interval_ms: null, max_interval_ms: null };
  const adaptive = rest.adaptive ?? (ceiling !== undefined && ceiling > baseMs);
  const historySize = rest.history_size ?? (rest.retain_history === false ? 0 : base.history_size);
  return {
    ...base,
    interval_ms: baseMs,
    adaptive,
    max_interval_ms: adaptive ? (ceiling ?? Math.min(10 * baseMs, LONGEST_MS)) : baseMs,
    retain_history: rest.retain_history ?? historySize > 0,
    history_size: historySize,
  };
}

/** In a task the object stands under its key, in snake case or in camel case (docs/specification.md). */
function unwrap(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  const entries = Object.entries(input);
  const wrapped = entries.length === 1 && /^monitoring_?profile$/i.test(entries[0][0]);
  return wrapped ? entries[0][1] : input;
}
