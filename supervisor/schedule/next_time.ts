import { Cron } from "croner";

/** When a process is started: a pattern of cron, and whose clock it is read by (default: the machine's). */
export interface ScheduleRule {
  readonly pattern: string;
  readonly timezone?: string;
}

/** The first time of a schedule after another, in milliseconds; null where none follows. */
export function nextTimeMs({ pattern, timezone }: ScheduleRule, afterMs: number): number | null {
  return new Cron(pattern, { mode: "5-or-6-parts", timezone }).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** What is wrong with a pattern, in a clause; null where nothing is. */
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

/** A time as people read it, in UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
