/** The word among some that was meant: one that is near, or the first that goes on after it; null else. */
export function nearest(word: string, words: readonly string[]): string | null {
  const lower = word.toLowerCase();
  const near = words.map((other) => ({ other, distance: distance(lower, other) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const isNear = near && near.distance < word.length &&
    near.distance <= Math.max(1, Math.floor(word.length / 3));
  if (isNear) return near.other;
  return words.find((other) => lower.length > 1 && other.startsWith(`${lower}_`)) ?? null;
}

/** Letters to insert, leave out, replace, or swap with their neighbour. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = rows[i - 1];
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) next[j] = Math.min(next[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(next);
  }
  return rows[a.length][b.length];
}
