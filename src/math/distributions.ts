/**
 * Upper tail probabilities for the significance tests. The relative error is small even for tiny tails, because
 * comparisons over thousands of users reach p = 1e-180: below 1e-12 up to 50,000 degrees of freedom, and 1e-10 up to a
 * million. (jstat 1.9.6 is not accurate enough: its Student tail has an error of 2e-7 because its continued fraction
 * stops early, and its normal tail is 0 from z = 9 on because it is 1 minus a rounded value.)
 */

/** P(T >= t) for Student's t with `df` > 0 degrees of freedom. Abramowitz and Stegun 26.7.1. */
export function studentUpperTail(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN;
  if (t < 0) return 1 - studentUpperTail(-t, df);
  if (t === Number.POSITIVE_INFINITY) return 0;
  const square = t * t;
  const x = df / (df + square);
  const y = 1 / (1 + df / square);
  // log1p keeps precision for t near 0 and for a huge df.
  const front = Math.exp((-df / 2) * Math.log1p(square / df) + Math.log(y) / 2 + logBetaHalf(df / 2));
  // The continued fraction converges quickly only on one side of the mean of the beta distribution.
  if (x < (df / 2 + 1) / (df / 2 + 2.5)) return (front * betaFraction(x, df / 2, 0.5)) / df;
  return 0.5 - front * betaFraction(y, 0.5, df / 2);
}

/** P(Z >= z) for the standard normal distribution. */
export function normalUpperTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalUpperTail(-z);
  if (z === Number.POSITIVE_INFINITY) return 0;
  const square = z * z;
  const density = Math.exp(-square / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2) {
    // Near 0: a series of positive terms, z + z^3 / 3 + z^5 / (3 * 5) + ...
    let term = z;
    let sum = z;
    for (let n = 3; term > sum * Number.EPSILON; n += 2) {
      term *= square / n;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  // In the tail: Laplace's continued fraction, 1 / (z + 1 / (z + 2 / (z + 3 / ...))).
  return density / lentz(z, (n) => [n, z]);
}

/** log(1 / B(a, 1/2)), with the beta function B. */
function logBetaHalf(a: number): number {
  // Gamma(a + 1/2) / Gamma(a) as an asymptotic series, after shifting a to where six terms reach double precision.
  let moved = a;
  let ratio = 1;
  for (; moved < 15; moved += 1) ratio *= moved / (moved + 0.5);
  const r = 1 / (moved * moved);
  const series =
    (-1 / 8 + r * (1 / 192 - r * (1 / 640 - r * (17 / 14336 - r * (31 / 18432 - (r * 691) / 180224))))) / moved;
  return Math.log(ratio) + Math.log(moved) / 2 + series - Math.log(Math.PI) / 2;
}

/** The continued fraction of the incomplete beta function. Abramowitz and Stegun 26.5.8. */
function betaFraction(x: number, a: number, b: number): number {
  const numerator = (n: number): number => {
    const m = n >> 1;
    return n % 2 === 1
      ? (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
      : (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
  };
  return 1 / lentz(1, (n) => [numerator(n), 1]);
}

/**
 * first + a_1 / (b_1 + a_2 / (b_2 + ...)) by the modified algorithm of Lentz (Thompson and Barnett 1986).
 * @param step the pair (a_n, b_n) for n = 1, 2, ...
 */
function lentz(first: number, step: (n: number) => readonly [number, number]): number {
  const tiny = 1e-300;
  let value = first;
  let c = first;
  let d = 0;
  for (let n = 1; n <= 100_000; n++) {
    const [a, b] = step(n);
    d = 1 / (b + a * d || tiny);
    c = b + a / c || tiny;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < Number.EPSILON) break;
  }
  return value;
}
