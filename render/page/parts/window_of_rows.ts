/** Rows that are made beyond both edges, so that a quick scroll shows no gap. */
const BEYOND = 8;

/** Which rows of a list are to be there. */
export interface WindowOfRows {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** The rows to be seen in a list that is scrolled, and some beyond. All have one height. */
export function windowOfRows(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
): WindowOfRows {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - BEYOND);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + BEYOND);
  return { first: Math.min(first, count), end: Math.max(end, Math.min(first, count)) };
}

/** Where a list has to be scrolled to, so that a row is in sight as a whole: where it is already, if it can stay. */
export function scrollToRow(
  row: number,
  scrollTop: number,
  height: number,
  rowHeight: number,
): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}
