import { Cron } from "croner";

/** Times that come again and again: a pattern of cron, and whose clock it is read by (default: the machine's). */
export interface ScheduleRule {
  readonly pattern: string;
  readonly timezone?: string;
}

/**
 * The first time of a schedule after another, in milliseconds; null where none follows. Lists and ranges name fixed
 * times as a single value does: summer time neither leaves them out nor has them twice.
 */
export function nextTimeMs({ pattern, timezone }: ScheduleRule, afterMs: number): number | null {
  const cron = new Cron(pattern, { mode: "5-or-6-parts", timezone, fixedTimeRule: "no-wildcard" });
  return cron.nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** A time as people read it, in UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
