/** All that a figure may be in truth, both ends included. */
export interface FigureRange {
  readonly low: number;
  readonly high: number;
}

/** A figure that is known. */
export const exactly = (value: number): FigureRange => ({ low: value, high: value });

/** A figure that lies somewhere between two; without an end where one is infinite. */
export const within = (low: number, high: number): FigureRange => ({ low, high });

/** A figure that is no more than another; none is below zero. */
export const atMost = (value: number): FigureRange => ({ low: Math.min(0, value), high: value });

/** What a linear function makes of a range. */
export function mapped({ low, high }: FigureRange, of: (value: number) => number): FigureRange {
  // Nothing times infinity is nothing here: 0 % of whatever it is.
  const ends = [low, high].map(of).map((end) => Number.isNaN(end) ? 0 : end);
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** All that one figure may be more than another, whatever each is. */
export function differenceOf(one: FigureRange, other: FigureRange): FigureRange {
  return { low: one.low - other.high, high: one.high - other.low };
}
