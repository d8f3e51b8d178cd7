/** The least top of a small line: what is idle is drawn flat, and not as noise of full height. */
const LEAST_TOP = 5;

/**
 * A small line of a course as the `d` of an SVG path; nothing where nothing is known.
 * @param values equally far apart, the latest last; null for a gap
 */
export function sparkPath(values: readonly (number | null)[], width: number, height: number): string {
  const top = Math.max(LEAST_TOP, ...values.map((value) => value ?? 0));
  const step = width / Math.max(1, values.length - 1);
  let path = "";
  values.forEach((value, index) => {
    if (value === null) return;
    const at = `${round(index * step)} ${round(height - (value / top) * height)}`;
    const isAlone = (values[index - 1] ?? null) === null;
    path += isAlone ? `M${at}` : `L${at}`;
    // A moment between gaps is a dot, which a line of no length is with round ends.
    if (isAlone && (values[index + 1] ?? null) === null) path += `L${at}`;
  });
  return path;
}

const round = (value: number) => Math.round(value * 10) / 10;
