/** The values of the users of a shard in all metrics, with those of popularity, from the rankings that a run keeps. File: `values.safetensors`. */
import { join } from 'node:path';
import { itemCounts, knownItems } from '../../../data/index.js';
import { fail } from '../../../errors.js';
import { evaluatedMetrics, evaluating, metricOf, popularityColumns, sampleUsers } from '../../../eval/index.js';
import { writeSafetensors } from '../../../formats/index.js';
import { choice, numbers, optionalInt, options } from '../../../options/options.js';
import { busy, runInParts } from '../../../progress.js';
import { readFinishedRun } from '../../../runs/index.js';
import { partUnit } from './_part.js';
import { usersOf } from './recommend.js';

export const VALUES = 'values.safetensors';

export const evaluateUnit = partUnit({
  name: 'evaluate',
  revision: 2,
  needs: 'dataset',
  options: options({
    at: numbers({ default: [10], min: 1, help: 'List lengths K.' }),
    part: choice(['test', 'hidden'], { default: 'test', help: 'The evaluated part.' }),
    evalUsers: optionalInt({ min: 1, help: 'Number of users of the sample.' }),
  }),
  async perform({ at, part, evalUsers }, { inputs, shard, of, folder, dataset, progress }) {
    const data = dataset();
    const { rankings } = await busy(() => readFinishedRun(inputs[0]!));
    const relevant = part === 'test' ? data.test : data.hidden?.interactions;
    if (!relevant)
      fail('needs-not-met', { problem: `${data.name} has no hidden interactions`, hint: 'Evaluate on the test part.' });
    const [from, to] = usersOf(rankings.nUsers, shard, of);
    const sample = sampleUsers(data, evalUsers);
    const all = sample?.chosen ?? Int32Array.from({ length: rankings.nUsers }, (_, u) => u);
    const chosen = all.filter((u) => u >= from && u < to);
    const evaluation = await runInParts(
      evaluating(rankings, relevant, {
        ...{ topK: at, trainCounts: itemCounts(data.train), profiles: knownItems(data) },
        sample: { chosen, users: chosen.length, of: all.length },
        metrics: evaluatedMetrics().filter((name) => metricOf(name).kind === 'user'),
      }),
      progress.task('evaluating', 'users'),
      to - from,
    );
    const columns = Object.entries({ ...evaluation.perUser, ...popularityColumns(evaluation.popularity!) }).map(
      ([key, data]) => [key, { shape: [data.length], data }] as const,
    );
    const users = { shape: [evaluation.users.length], data: evaluation.users };
    writeSafetensors(join(folder, VALUES), { users, ...Object.fromEntries(columns) });
  },
});
