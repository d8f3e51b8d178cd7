import { DAY_MS } from "./hour_of.ts";

/** How long a piece of a tier goes on that is removed as a whole. */
export type Period = "day" | "month" | "year";

const KEY_LENGTH: Readonly<Record<Period, number>> = { day: 10, month: 7, year: 4 };
const KEY = /^\d{4}(-\d\d){0,2}$/;

/** The name of the period (UTC) that a time is in, such as 2025-11-24, 2025-11 or 2025. */
export function keyOf(period: Period, time: number): string {
  return new Date(time).toISOString().slice(0, KEY_LENGTH[period]);
}

/** Whether something is the name of a period. */
export function isKey(period: Period, text: string): boolean {
  return text.length === KEY_LENGTH[period] && KEY.test(text);
}

/** When a period starts. */
export function startOf(key: string): number {
  return Date.parse(`${key}${"-01-01".slice(key.length - 4)}`);
}

/** When the next one starts. */
export function endOf(key: string): number {
  const start = new Date(startOf(key));
  if (key.length === KEY_LENGTH.day) return start.getTime() + DAY_MS;
  return key.length === KEY_LENGTH.month
    ? start.setUTCMonth(start.getUTCMonth() + 1)
    : start.setUTCFullYear(start.getUTCFullYear() + 1);
}
