import { ProctorError } from "../../core/error.ts";
import { linearPattern, loadPatterns } from "../../monitor/discovery/linear_pattern.ts";
import { ControlError } from "../control.ts";
import { levelOf, LINE_LEVELS } from "./line_level.ts";
import type { LineLevel } from "./line_level.ts";
import type { LineFilter, LogQuery, LogStream } from "./log_line.ts";

/** What lines are to be like. */
export interface LineRules {
  /** A regular expression that is found in the line. */
  readonly grep?: string;
  readonly ignoreCase?: boolean;
  /** From which level on. */
  readonly level?: LineLevel;
}

/** Colours have no part in what a line says. */
// deno-lint-ignore no-control-regex
const GRAPHICS = /\x1b\[[\d;:]*m/g;
/** What goes on from the line before: a stack, the rest of a statement. */
const CONTINUATION = /^(?:[ \t]|Caused by:|\.\.\. \d+ more|[}\])])/;

/**
 * The filter for some rules; undefined where there are none. What proctor itself says among lines passes.
 * @throws ControlError `invalid` for an expression that is none, or cannot be matched in bounded time
 */
export async function lineFilter({ grep, ignoreCase, level }: LineRules): Promise<LogQuery["filter"]> {
  if (grep === undefined && level === undefined) return undefined;
  const isFound = grep === undefined ? () => true : await finder(grep, ignoreCase ?? false);
  return () => {
    const isLevel = level === undefined ? () => true : fromLevel(level);
    return (line) => {
      const text = line.message.replace(GRAPHICS, "");
      // Asked of every line, found or not: its level is that of what goes on from it.
      const isHigh = isLevel({ ...line, message: text });
      return line.notice === true || (isHigh && isFound(text));
    };
  };
}

async function finder(grep: string, ignoreCase: boolean): Promise<(text: string) => boolean> {
  await loadPatterns();
  try {
    const pattern = linearPattern(new RegExp(grep, ignoreCase ? "i" : ""), "grep");
    return (text) => pattern.test(text);
  } catch (error) {
    const isOurs = error instanceof ProctorError;
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
    throw new ControlError(
      "invalid",
      isOurs ? reason : `grep: "${grep}" is not a regular expression: ${reason}`,
    );
  }
}

/** A line without a level goes with the one before it in its stream where it continues it, and is left out else. */
function fromLevel(least: LineLevel): LineFilter {
  const rank = LINE_LEVELS.indexOf(least);
  const before = new Map<LogStream | null, boolean>();
  return ({ stream, message }) => {
    const level = levelOf(message);
    const isContinuation = level === null && CONTINUATION.test(message);
    const passes = level === null
      ? isContinuation && (before.get(stream) ?? false)
      : LINE_LEVELS.indexOf(level) >= rank;
    before.set(stream, passes);
    return passes;
  };
}
