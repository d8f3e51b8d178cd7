/** How long ago something was, in one part: `now`, `12s ago`, `3h ago`. @param time RFC 3339; null: never */
export function silenceWords(time: string | null, nowMs: number): string {
  if (time === null) return "–";
  const seconds = Math.max(0, (nowMs - Date.parse(time)) / 1_000);
  if (seconds < 2) return "now";
  const [length, unit] = ([[86_400, "d"], [3_600, "h"], [60, "m"], [1, "s"]] as const)
    .find(([length]) => seconds >= length)!;
  return `${Math.floor(seconds / length)}${unit} ago`;
}
