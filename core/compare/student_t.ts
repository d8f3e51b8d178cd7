/*
 * Student's t distribution by the regularised incomplete beta function: I_x(df/2, 1/2) with x = df / (df + t²) is the
 * probability of a value further from zero than t (Abramowitz and Stegun 26.7.1).
 */

/** How likely a value as far from zero as `t`, or further, is by chance alone; `df` need not be whole. */
export function twoSidedProbability(t: number, df: number): number {
  if (!Number.isFinite(t)) return 0;
  return regularizedBeta(df / (df + t * t), df / 2, 0.5);
}

/** The t beyond which, on both sides together, lies the share `probability` (0 to 1, both excluded). */
export function twoSidedQuantile(probability: number, df: number): number {
  let [low, high] = [0, 1];
  while (twoSidedProbability(high, df) > probability) high *= 2;
  for (let step = 0; step < 100 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2;
    if (twoSidedProbability(middle, df) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  // The fraction converges fast on one side of the mode; on the other, the function is turned around.
  return x < (a + 1) / (a + b + 2)
    ? front * betaFraction(x, a, b) / a
    : 1 - front * betaFraction(1 - x, b, a) / b;
}

const TINY = 1e-300;

/** The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const away = (value: number) => Math.abs(value) < TINY ? TINY : value;
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 1_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

/** Coefficients of Lanczos' approximation for g = 7, n = 9. */
const LANCZOS = [
  0.99999999999980993,
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** The logarithm of the gamma function, for arguments of ½ and above. */
function logGamma(value: number): number {
  const z = value - 1;
  const t = z + 7.5;
  const sum = LANCZOS.reduce(
    (total, coefficient, index) => total + (index ? coefficient / (z + index) : coefficient),
    0,
  );
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}
