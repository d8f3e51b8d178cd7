import { z } from "zod";
import { parseDuration } from "../../core/duration.ts";
import { parseSize } from "../../core/size.ts";
import { matching, parsable } from "../../core/text_schema.ts";
import type { TextParser } from "../../core/text_schema.ts";

/*
 * Values as they are written: strings stay strings in a checked configuration, so that it can be shown as it was meant;
 * definition.ts makes numbers of them.
 */

/** Milliseconds of a duration that may be zero: `0s`. */
export function durationMs(text: string, where = "duration"): number {
  return /^0(ms|s|m|h)?$/.test(text) ? 0 : parseDuration(text, where);
}

const parsed = (parse: TextParser<unknown>, description: string) => parsable(parse).describe(description);

/** A duration above zero. */
export const duration = (description: string) => parsed(parseDuration, `duration; ${description}`);
/** A duration, or `0s`. */
export const durationOrZero = (description: string) => parsed(durationMs, `duration; ${description}`);
/** A size in bytes. */
export const size = (description: string) => parsed(parseSize, `size; ${description}`);

/** A regular expression. */
export function pattern(description: string) {
  return z.string().min(1).superRefine((text, context) => {
    try {
      new RegExp(text, "u");
    } catch (error) {
      const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
      context.addIssue({ code: "custom", message: `is no regular expression: ${reason}` });
    }
  }).describe(`regular expression; ${description}`);
}

/** Words of a command; the first is the program. */
export const command = (description: string) => z.array(z.string()).min(1).max(10_000).describe(description);

const ID = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/;

/** The id of a managed process: it is part of file names, paths of the API and topics. */
export const processId = matching(
  ID,
  'is no id; write letters, digits and . _ @ -, a letter or digit first, at most 100, such as "web-1"',
);

/** Network port. */
export const port = z.int().min(1).max(65_535);
