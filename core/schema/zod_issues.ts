import type { z } from "zod";
import { nearest } from "../nearest.ts";
import { shown } from "../option.ts";

/** For `safeParse`: issues are worded by {@link wording}, where a schema has no words of its own. */
export const IN_OUR_WORDS: z.core.ParseContext<z.core.$ZodIssue> = {
  error: (issue) => wording(issue, issue.input),
};

/**
 * One line for all faults of a parse {@link IN_OUR_WORDS} that has failed: `path.of.key: what is wrong; other.key:
 * …`.
 */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => {
    const path = issue.path.join(".");
    const unknownKeys = issue.code === "unrecognized_keys" ? issue.keys : [];
    if (unknownKeys.length > 0) {
      return unknownKeys.map((key) => `${path ? `${path}.` : ""}${key}: no such key`).join("; ");
    }
    return path ? `${path}: ${issue.message}` : issue.message;
  }).join("; ");
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/**
 * An issue in our words: what is there, and what would be right.
 *
 * @param shown what is there, as it may be shown; undefined for nothing
 */
export function wording(issue: z.core.$ZodRawIssue | z.core.$ZodIssue, shown: unknown): string {
  const there = shown === undefined ? "" : `${quoted(shown)} `;
  const about = issue as z.core.$ZodIssue;
  switch (about.code) {
    case "invalid_type": {
      const wanted = KINDS[about.expected] ?? about.expected;
      if (shown === undefined) return `is missing; it is ${wanted}`;
      if (about.expected === "string" && typeof shown !== "object") {
        return `${there}is not text; write "${shown}"`;
      }
      if (about.expected === "array" && typeof shown !== "object") {
        return `${there}is not a list; write [${quoted(shown)}]`;
      }
      return `${there}is not ${wanted}`;
    }
    case "invalid_value": {
      const words = about.values.map(String);
      const meant = typeof shown === "string" ? nearest(shown, words) : null;
      return `${there || "nothing "}is none of ${words.join(", ")}${
        meant ? `; did you mean "${meant}"?` : ""
      }`;
    }
    case "invalid_union": {
      const options = about.errors.flatMap((errors) => errors.map((error) => optionOf(error)));
      return `${there || "nothing "}is wrong; write ${[...new Set(options)].join(", or ")}`;
    }
    case "too_small": {
      const isSized = about.origin === "array" || about.origin === "string";
      if (isSized && about.minimum === 1) {
        return `${there}is empty; it has at least one ${partOf(about.origin)}`;
      }
      return `${there}is too small; it is ${sized(about.origin)}${
        about.inclusive ? "at least" : "above"
      } ${about.minimum}`;
    }
    case "too_big":
      return `${there}is too large; it is ${sized(about.origin)}at most ${about.maximum}`;
    case "invalid_key":
      return `there is a name that cannot be: ${about.issues.map(({ message }) => message).join("; ")}`;
    case "invalid_format":
      return `${there}is not of the form that is wanted (${about.pattern ?? about.format})`;
    default:
      return `${there}is not right`;
  }
}

function optionOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return issue.values.join(", ");
  if (issue.code === "invalid_type") return KINDS[issue.expected] ?? issue.expected;
  if (issue.code === "too_small") return `at least ${issue.minimum}`;
  return issue.message;
}

const sized = (origin: string) => origin === "array" || origin === "string" ? "of length " : "";

const partOf = (origin: string) => origin === "array" ? "entry" : "letter";

/** A value as it is cited; a long one is cut. */
export function quoted(value: unknown): string {
  const text = typeof value === "string" ? `"${value}"` : shown(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
