/** Users of a run's data whom the student does not have, because the split `users` held them out whole. */
import { isHeldOut } from '../../data/index.js';
import { RecdistillError } from '../../errors.js';
import { shortened } from '../../report/format.js';
import { isFinishedRun } from '../../runs/index.js';
import { kindOf, StudentError, type StudentModel } from '../../student/index.js';
import { loadDataOf, placeOf, readAnyRun } from './runs.js';

/**
 * For a user whom the student does not have. Loads the data only if the run held users out.
 * @param given run by name or folder, or the folder of a bundle
 * @throws StudentError `unknown-user` if the run held this user out, or if it held users out and its data cannot be read
 */
export async function refuseHeldOut(given: string, runs: string, model: StudentModel, user: string): Promise<void> {
  const place = placeOf(given, runs);
  if (kindOf(model) === 'items-only' || !place || !isFinishedRun(place.folder)) return;
  const run = await readAnyRun(place);
  // Its test lists have a row for every user of the data.
  if (run.rankings.nUsers <= model.nUsers) return;
  const dataset = await loadDataOf(run, { args: [], flags: {} }, () => undefined).then(
    (loaded) => loaded.dataset,
    (cause: unknown) => {
      if (cause instanceof RecdistillError) return undefined;
      throw cause;
    },
  );
  const name = shortened(user, 60);
  const hint = 'Give the items that they have: --items id,id.';
  if (!dataset) {
    const problem = `the student has no user "${name}"; the run held users out in training (split users), and its data cannot be read to see whom`;
    throw new StudentError('unknown-user', problem, hint);
  }
  if (isHeldOut(dataset, user))
    throw new StudentError('unknown-user', `the user "${name}" was held out in training (split users)`, hint);
}
