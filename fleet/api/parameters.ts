import { z } from "@hono/zod-openapi";
import { parseDuration } from "../../core/duration.ts";
import { answer, refusalAnswers } from "../../io/net/api_frame.ts";

const REFUSED = {
  400: "what was sent is not JSON",
  401: "who asks is not known",
  403: "who asks may not do that",
  404: "it is not there, or not for who asks",
  409: "it makes no sense now",
  422: "what was asked is faulty",
  429: "too many attempts; the header Retry-After says when to try again",
} as const;

/** Answers that refuse; every route but those for anybody may answer 401. */
export function refusals<S extends `${keyof typeof REFUSED}`>(...statuses: readonly S[]) {
  return refusalAnswers(REFUSED, ["401", ...statuses] as const);
}

export { answer };

const MOST_MS = 8.64e15;

/** A moment: so long ago, such as `90m`; `now`; RFC 3339; or milliseconds since 1970. */
export function momentAt(now: () => number) {
  return z.string().max(64).transform((text, context) => {
    const ms = momentOf(text, now());
    if (ms !== null) return ms;
    const right =
      'write "now", a duration such as "90m" (so long ago), or a time such as "2026-01-31T12:00:00Z"';
    context.addIssue({ code: "custom", message: `"${text}" is not a moment; ${right}` });
    return z.NEVER;
  });
}

/** What a moment says, in milliseconds since 1970; null where it is none. */
export function momentOf(text: string, now: number): number | null {
  if (text === "now") return now;
  if (/^\d{9,16}$/.test(text)) return Math.min(Number(text), MOST_MS);
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? null : ms;
  }
  const ago = durationOf(text);
  return ago === null ? null : now - ago;
}

/** Days are common here, and no unit of durations elsewhere. */
function durationOf(text: string): number | null {
  const days = /^(\d{1,5})d$/.exec(text);
  if (days) return Number(days[1]) * 86_400_000;
  try {
    return parseDuration(text, "");
  } catch {
    return null;
  }
}

/** The range of a question: `from` and `until`. */
export function rangeOf(now: () => number, byDefault: string) {
  const moment = momentAt(now);
  const what = "so long ago (90m, 30d), RFC 3339, ms since 1970, or now";
  return {
    from: z.string().default(byDefault).pipe(moment).openapi({ type: "string", description: what }),
    until: z.string().default("now").pipe(moment).openapi({
      type: "string",
      description: `${what}; not in the range`,
    }),
  };
}

/** A length of time in an address, in milliseconds. */
export const duration = z.string().max(32).transform((text, context) => {
  const ms = durationOf(text);
  if (ms !== null && ms > 0) return ms;
  context.addIssue({ code: "custom", message: `"${text}" is not a duration; write one such as 5m` });
  return z.NEVER;
}).openapi({ type: "string" });

/** A whole number in an address. */
export function wholeNumber(least: number, most: number) {
  return z.string().regex(/^\d{1,15}$/, "it has to be a whole number").transform(Number)
    .refine((value) => value >= least && value <= most, `it has to be from ${least} to ${most}`)
    .openapi({ type: "integer", minimum: least, maximum: most });
}

/** The number of a task or an agent in a path. */
export const numberParameter = z.object({
  id: wholeNumber(0, Number.MAX_SAFE_INTEGER).openapi({ param: { name: "id", in: "path" } }),
});

/** A number, or that it is not known. */
export const figure = z.number().nullable();
