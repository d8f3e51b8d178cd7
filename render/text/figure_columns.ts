/** Of a line. */
const WIDTH = 80;

/** Figures to the right, the words at the end to the left and cut off where the line is full. */
export function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((cells) => {
    const figures = cells.slice(0, -1).map((cell, column) => cell.padStart(widths[column])).join("  ");
    const room = WIDTH - figures.length - 4;
    const words = cells.at(-1)!;
    return `  ${figures}  ${words.length > room ? `${words.slice(0, room - 1)}…` : words}`;
  });
}
