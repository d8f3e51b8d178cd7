import { z } from "zod";
import { parseDuration } from "../core/duration.ts";
import { ProctorError } from "../core/error.ts";
import { matching, parsable } from "../core/schema/text_schema.ts";
import type { TextParser } from "../core/schema/text_schema.ts";
import { parseSize } from "../core/size.ts";

/*
 * Values as they are written: strings stay strings in a checked configuration, so that it can be shown as it was meant;
 * supervisor/definition.ts makes numbers of them.
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

/**
 * The text of a regular expression.
 * @param compile makes one of it, or throws
 */
export function expression(compile: (text: string) => unknown) {
  return z.string().min(1).superRefine((text, context) => {
    try {
      compile(text);
    } catch (error) {
      if (error instanceof ProctorError) {
        return context.addIssue({ code: "custom", message: error.message.replace(/^: /, "") });
      }
      const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
      context.addIssue({ code: "custom", message: `is not a regular expression: ${reason}` });
    }
  });
}

/** A regular expression. */
export const pattern = (description: string) =>
  expression((text) => new RegExp(text, "u")).describe(`regular expression; ${description}`);

/** Words of a command; the first is the program. */
export const command = (description: string) => z.array(z.string()).min(1).max(10_000).describe(description);

/** A user or a group, by name or number. */
export const account = z.union([z.string().min(1), z.int().min(0)]);

/** Who a command runs as that is not the service itself. */
export const identity = (otherwise: string) => ({
  user: account.optional().describe(`name or number; default: ${otherwise}`),
  group: account.optional().describe("name or number; default: that user's own"),
});

/** A colon and a number make an instance of it. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}(?::\d{1,4})?$/;

/** The id of a managed process: it is part of file names, paths of the API and topics. */
export const processId = matching(
  ID,
  'is not an id; write letters, digits and . _ @ -, a letter or digit first, at most 100, such as "web-1"',
);

/** Network port. */
export const port = z.int().min(1).max(65_535);
