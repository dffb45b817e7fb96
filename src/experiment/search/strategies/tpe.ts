/**
 * Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl, NIPS 2011): the finished trials are split into the good
 * ones and the rest. Candidates are drawn from the density l of the good trials, and the one with the largest l / g is taken, where g is the
 * density of the rest. Each option has its own densities.
 */
import { uniform } from '../../../math/index.js';
import { type Dimension, randomPoint, type SearchPoint, type SearchValue } from '../../../options/index.js';
import { searchStrategy } from './_strategy.js';
import { choiceDensity, type Density, rangeDensity } from './parzen.js';

/** Number of random trials before the first estimate. */
const STARTUP = 6;
/** Share of the trials that counts as good. */
const GOOD = 0.25;
/** Most good trials that are used. */
const MOST_GOOD = 25;
/** Candidates for each option. */
const CANDIDATES = 24;

export const tpe = searchStrategy({
  name: 'tpe',
  summary: 'Tree-structured Parzen estimator: options that are frequent among good trials and rare among others',
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
  // The options of the first trial may be outside of the space. For a range they may even be no numbers.
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
