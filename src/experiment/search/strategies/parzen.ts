/**
 * Densities over the values of one option, estimated from earlier trials (Bergstra et al., NIPS 2011, section 4): for a range a mixture of
 * Gaussians truncated to [0, 1], for choices smoothed counts.
 */
import { normalUpperTail } from '../../../math/distributions.js';
import { type Choices, fromUnit, type Range, type SearchValue, toUnit } from '../../../options/index.js';

export interface Density {
  /** A value drawn with numbers from `draw`, each in [0, 1). */
  sample(draw: () => number): SearchValue;
  logAt(value: SearchValue): number;
}

interface Gaussian {
  readonly mean: number;
  readonly deviation: number;
  /** Probability mass in [0, 1]. */
  readonly inside: number;
}

/** One Gaussian for each value, and a broad one as the prior. */
export function rangeDensity(range: Range, values: readonly number[]): Density {
  const gaussians = gaussiansAt(values.map((v) => toUnit(range, v)));
  return {
    sample: (draw) => fromUnit(range, sampleOf(gaussians[Math.floor(draw() * gaussians.length)]!, draw)),
    logAt(value) {
      const at = toUnit(range, Number(value));
      const sum = gaussians.reduce((total, b) => total + densityAt(b, at), 0);
      return Math.log(sum / gaussians.length);
    },
  };
}

/** Counts of the choices, each plus 1. Values that are not among the choices are ignored. */
export function choiceDensity(choices: Choices, tried: readonly SearchValue[]): Density {
  const values = tried.filter((v) => choices.values.includes(v));
  const shares = choices.values.map((v) => {
    const count = values.filter((w) => w === v).length;
    return (count + 1) / (values.length + choices.values.length);
  });
  return {
    sample(draw) {
      let left = draw();
      const at = shares.findIndex((share) => {
        left -= share;
        return left < 0;
      });
      return choices.values.at(at)!;
    },
    logAt: (value) => Math.log(shares[choices.values.indexOf(value)]!),
  };
}

/** The deviation of a Gaussian is the larger gap to its neighbours, within limits. */
function gaussiansAt(means: readonly number[]): Gaussian[] {
  const prior = { mean: 0.5, deviation: 1 };
  const sorted = [...means, prior.mean].sort((a, b) => a - b);
  const narrowest = 1 / Math.min(100, means.length + 2);
  const gaussian = (mean: number, deviation: number): Gaussian => {
    const inside = normalUpperTail(-mean / deviation) - normalUpperTail((1 - mean) / deviation);
    return { mean, deviation, inside };
  };
  let own = sorted.indexOf(prior.mean);
  return sorted.map((mean, at) => {
    if (at === own) {
      own = -1;
      return gaussian(prior.mean, prior.deviation);
    }
    const gap = Math.max(mean - (sorted[at - 1] ?? mean), (sorted[at + 1] ?? mean) - mean);
    return gaussian(mean, Math.min(prior.deviation, Math.max(narrowest, gap)));
  });
}

const densityAt = ({ mean, deviation, inside }: Gaussian, at: number): number =>
  Math.exp(-0.5 * ((at - mean) / deviation) ** 2) / (Math.sqrt(2 * Math.PI) * deviation * inside);

/** Box-Muller with rejection outside of [0, 1). At least a third is accepted, as the mean is inside and the deviation at most 1. */
function sampleOf({ mean, deviation }: Gaussian, draw: () => number): number {
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - draw()));
    const at = mean + deviation * radius * Math.cos(2 * Math.PI * draw());
    if (at >= 0 && at < 1) return at;
  }
}
