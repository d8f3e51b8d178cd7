/** How long ago, in one part: `now`, `12s ago`, `3h ago`. */
export function silenceWords(seconds: number): string {
  if (seconds < 2) return "now";
  const [length, unit] = ([[86_400, "d"], [3_600, "h"], [60, "m"], [1, "s"]] as const)
    .find(([length]) => seconds >= length)!;
  return `${Math.floor(seconds / length)}${unit} ago`;
}
