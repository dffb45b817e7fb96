import { randomPoint } from '../../../options/index.js';
import { searchStrategy } from './_strategy.js';

export const random = searchStrategy({
  name: 'random',
  summary: 'Random search: independent options in each trial',
  source: 'Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 2012',
  propose: ({ space, key, number }) => randomPoint(space, key, number),
});
