/** Digits after the point that figures of agents have at most: seconds are told in microseconds, and some in less. */
export const MAX_SCALE = 9;

const POWERS = Array.from({ length: MAX_SCALE + 1 }, (_, digits) => Number(`1e${digits}`));

/** The difference of two of these, twofold, is still an exact integer. */
const LIMIT = 2 ** 50;

/** The integer that is a figure times a power of ten; NaN where dividing it would not give the very same figure. */
export function toScaled(value: number, scale: number): number {
  const power = POWERS[scale]!;
  const scaled = Math.round(value * power);
  if (scaled === 0) return Object.is(value, 0) ? 0 : NaN;
  return scaled / power === value && scaled <= LIMIT && scaled >= -LIMIT ? scaled : NaN;
}

/** The figure that such an integer stands for. */
export function fromScaled(scaled: number, scale: number): number {
  return scaled / POWERS[scale]!;
}

/** The least scale from one on by which a figure is exactly an integer; -1 where there is none. */
export function scaleOf(value: number, atLeast = 0): number {
  if (!Number.isFinite(value)) return -1;
  for (let scale = atLeast; scale <= MAX_SCALE; scale++) {
    if (!Number.isNaN(toScaled(value, scale))) return scale;
  }
  return -1;
}

/** An integer of either sign as one without: small ones stay small. */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** The integer of either sign again. */
export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
