/**
 * Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl, NIPS 2011): the finished trials are split into the good
 * ones and the rest; of values drawn from the density l of the good ones the one with the largest l / g is taken, g being the
 * density of the rest. Each option is estimated on its own.
 */

import { uniform } from '../../../math/index.js';
import { type Dimension, randomPoint, type SearchPoint, type SearchValue } from '../../../options/index.js';
import { searchStrategy } from './_strategy.js';
import { choiceDensity, type Density, rangeDensity } from './parzen.js';

/** So many trials come before the first estimate; they are drawn at random. */
const STARTUP = 6;
/** Share of the trials that counts as good. */
const GOOD = 0.25;
/** More good trials than this are not looked at. */
const MOST_GOOD = 25;
/** Values that are compared for each option. */
const CANDIDATES = 24;

export const tpe = searchStrategy({
  name: 'tpe',
  summary: 'Points like the good ones so far and unlike the rest',
  source: 'Bergstra et al., Algorithms for hyper-parameter optimization, NIPS 2011',
  propose({ space, finished, key, number }) {
    if (finished.length < STARTUP) return randomPoint(space, key, number);
    const good = Math.min(MOST_GOOD, Math.ceil(GOOD * finished.length));
    let drawn = 0;
    const draw = () => uniform(key, number, drawn++);
    return Object.fromEntries(
      Object.entries(space).map(([name, dimension]) => {
        const [l, g] = [finished.slice(0, good), finished.slice(good)].map((part) => densityOf(dimension, name, part));
        return [name, bestOf(l!, g!, draw)];
      }),
    );
  },
});

function densityOf(dimension: Dimension, name: string, points: readonly SearchPoint[]): Density {
  const values = points.flatMap((p) => p[name] ?? []);
  // The start may lie outside of the space, even where a range is asked for.
  return dimension.kind === 'choices'
    ? choiceDensity(dimension, values)
    : rangeDensity(
        dimension,
        values.filter((v) => typeof v === 'number'),
      );
}

function bestOf(l: Density, g: Density, draw: () => number): SearchValue {
  const candidates = Array.from({ length: CANDIDATES }, () => l.sample(draw));
  const gains = candidates.map((value) => l.logAt(value) - g.logAt(value));
  return candidates[gains.indexOf(Math.max(...gains))]!;
}
