/** A student that continues must not be evaluated by what the earlier student was trained on. */
import { count, type Dataset, entriesIn, holdsOut, pairsIn } from '../data/index.js';
import { fail } from '../errors.js';
import { type StartBundle, trainedPairs } from './seen-parts.js';

/**
 * Refuses a split that holds out interactions which the model of the bundle was trained on.
 * @throws RecdistillError `needs-not-met`, with the counts
 */
export function checkStart(start: StartBundle, dataset: Dataset): void {
  if (!holdsOut(dataset)) return;
  const trained = pairsIn(dataset, trainedPairs(start));
  const parts = (['valid', 'test'] as const).map((name) => {
    const held = dataset[name];
    const found = entriesIn(held, trained).reduce((sum, is) => sum + is, 0);
    return { found, text: `${found} of ${count(held)} interactions of ${name}` };
  });
  if (parts.every(({ found }) => found === 0)) return;
  const how = start.parts ? 'was trained on' : 'may have been trained on (its run is not at hand)';
  fail('needs-not-met', {
    problem: `the student to continue from ${how} ${parts.map(({ text }) => text).join(' and ')} of ${dataset.name}: they would not show how good the student is`,
    hint: 'Write a split that keeps them in train (data split SOURCE --keep-train RUN --out FOLDER) and use it for teachers and student. Or use --split hash for the earlier student and now, which holds out the same interactions when the data grows.',
  });
}
