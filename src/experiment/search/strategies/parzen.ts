/**
 * Densities over one option, estimated from the values that were tried (Bergstra et al., NIPS 2011, section 4): over a range a
 * mixture of Gaussians cut to [0, 1], over choices smoothed counts.
 */

import { normalUpperTail } from '../../../math/distributions.js';
import { type Choices, fromUnit, type Range, type SearchValue, toUnit } from '../../../options/index.js';

export interface Density {
  /** A value drawn with numbers from `draw`, each in [0, 1). */
  sample(draw: () => number): SearchValue;
  logAt(value: SearchValue): number;
}

interface Bump {
  readonly mean: number;
  readonly deviation: number;
  /** Share of the Gaussian that lies in [0, 1]. */
  readonly inside: number;
}

/** One Gaussian for each value, and a broad one that stands for what is not known yet. */
export function rangeDensity(range: Range, values: readonly number[]): Density {
  const bumps = bumpsAt(values.map((v) => toUnit(range, v)));
  return {
    sample: (draw) => fromUnit(range, sampleOf(bumps[Math.floor(draw() * bumps.length)]!, draw)),
    logAt(value) {
      const at = toUnit(range, Number(value));
      const sum = bumps.reduce((total, b) => total + densityAt(b, at), 0);
      return Math.log(sum / bumps.length);
    },
  };
}

/** Each choice counts once more than it was tried. Values that are no choice do not count. */
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

/** A Gaussian is as wide as the larger of the gaps to its neighbours, within limits. */
function bumpsAt(means: readonly number[]): Bump[] {
  const prior = { mean: 0.5, deviation: 1 };
  const sorted = [...means, prior.mean].sort((a, b) => a - b);
  const narrowest = 1 / Math.min(100, means.length + 2);
  const bump = (mean: number, deviation: number): Bump => {
    const inside = normalUpperTail(-mean / deviation) - normalUpperTail((1 - mean) / deviation);
    return { mean, deviation, inside };
  };
  let own = sorted.indexOf(prior.mean);
  return sorted.map((mean, at) => {
    if (at === own) {
      own = -1;
      return bump(prior.mean, prior.deviation);
    }
    const gap = Math.max(mean - (sorted[at - 1] ?? mean), (sorted[at + 1] ?? mean) - mean);
    return bump(mean, Math.min(prior.deviation, Math.max(narrowest, gap)));
  });
}

const densityAt = ({ mean, deviation, inside }: Bump, at: number): number =>
  Math.exp(-0.5 * ((at - mean) / deviation) ** 2) / (Math.sqrt(2 * Math.PI) * deviation * inside);

/** Box-Muller until it falls into [0, 1): at least a third does, as the mean is inside and the deviation at most 1. */
function sampleOf({ mean, deviation }: Bump, draw: () => number): number {
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - draw()));
    const at = mean + deviation * radius * Math.cos(2 * Math.PI * draw());
    if (at >= 0 && at < 1) return at;
  }
}
