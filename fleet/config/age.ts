import { usageError } from "../../core/error.ts";

const UNIT_DAYS: Readonly<Record<string, number>> = { d: 1, w: 7, y: 365 };
/** Longer than that nobody keeps anything, and times stay safe numbers. */
const MOST_DAYS = 36_500;

/**
 * Parse how long something is kept, `14d`, `8w` or `2y`, into days.
 * @param where names the key in the message
 * @throws ProctorError of kind `usage`
 */
export function parseAge(text: string, where: string): number {
  const match = /^(\d{1,5})([dwy])$/.exec(text);
  const days = match ? Number(match[1]) * UNIT_DAYS[match[2]] : 0;
  if (days > 0 && days <= MOST_DAYS) return days;
  throw usageError(
    `${where}: "${text}" is not an age; write days, weeks or years such as "14d", "8w" or "2y"`,
  );
}
