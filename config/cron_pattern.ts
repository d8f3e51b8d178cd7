import { Cron } from "croner";
import { z } from "zod";
import { quoted } from "../core/schema/zod_issues.ts";

/** What is wrong with a pattern of cron, in a clause; null where nothing is. */
export function patternFault(pattern: string): string | null {
  try {
    const read = new Cron(pattern, { mode: "5-or-6-parts" });
    // A date would be taken as well, and is none that comes again.
    if (read.getPattern() === undefined) return "it is a date";
    return read.nextRun() === null ? "it never comes" : null;
  } catch (error) {
    if (pattern.startsWith("@")) return "there is no such word";
    const count = pattern.trim().split(/\s+/).length;
    if (count !== 5 && count !== 6) return `it has ${count === 1 ? "one field" : `${count} fields`}`;
    return (error as Error).message.replace(/^\w+: /, "").split("\n")[0];
  }
}

/** A pattern of cron that comes again and again (crontab(5); of six fields the first is seconds). */
export const cronPattern = z.string().superRefine((text, context) => {
  const fault = patternFault(text);
  if (fault === null) return;
  const right = 'write five fields, such as "*/5 * * * *", or @daily';
  context.addIssue({ code: "custom", message: `${quoted(text)} is not a schedule (${fault}); ${right}` });
});
