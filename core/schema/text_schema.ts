import { z } from "zod";
import { ProctorError } from "../error.ts";
import { quoted } from "./zod_issues.ts";

/** A parser of ours: `where` stands before what it says is wrong. */
export type TextParser<T> = (text: string, where: string) => T;

/**
 * A string that one of our parsers understands; its complaint becomes the issue. A number in its place is told what it
 * lacks, as it would be between quotes.
 */
export function parsable(parse: TextParser<unknown>): z.ZodString {
  const schema = z.string({
    error: ({ input }) => typeof input === "number" ? complaint(parse, String(input)) : undefined,
  });
  return schema.superRefine((text, context) => {
    const message = complaint(parse, text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

/** The same, giving what the parser makes of it. */
export function parsed<T>(parse: TextParser<T>): z.ZodType<T, string> {
  return parsable(parse).transform((text) => parse(text, ""));
}

/** A string of a form; what is none is cited before the words. */
export function matching(form: RegExp, words: string): z.ZodString {
  return z.string().regex(form, { error: ({ input }) => `${quoted(input)} ${words}` });
}

function complaint(parse: TextParser<unknown>, text: string): string | undefined {
  try {
    parse(text, "");
    return undefined;
  } catch (error) {
    if (error instanceof ProctorError) return error.message.replace(/^: /, "");
    throw error;
  }
}
