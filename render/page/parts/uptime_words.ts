/** A time of running in two parts at most: `3d 4h`, `12m 5s`. */
export function uptimeWords(seconds: number | null): string {
  if (seconds === null) return "–";
  const whole = Math.floor(seconds);
  const parts = [[86_400, "d"], [3_600, "h"], [60, "m"], [1, "s"]] as const;
  const first = parts.findIndex(([length]) => whole >= length);
  if (first < 0) return "0s";
  const shown = parts.slice(first, first + 2).map(([length, unit], index) => {
    const above = index === 0 ? Infinity : parts[first][0];
    return `${Math.floor((whole % above) / length)}${unit}`;
  });
  return shown.join(" ");
}
