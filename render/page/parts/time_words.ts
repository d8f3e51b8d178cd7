/** A moment in the clock of who looks, and which that is: `2026-11-30 18:17:13 UTC+1`. @param at ms since 1970, or RFC 3339 */
export function momentWords(at: number | string): string {
  const date = new Date(at);
  return `${date.toLocaleString("sv")} ${zoneWords(date)}`;
}

/** How far a clock here is from UTC at a moment, which summer time changes: `UTC`, `UTC+1`, `UTC-3:30`. */
export function zoneWords(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const part = rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`;
  return `UTC${minutes < 0 ? "-" : "+"}${hours}${part}`;
}
