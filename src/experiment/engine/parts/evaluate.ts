/**
 * The values of the users of a shard in all metrics, with those of popularity, from the rankings that a run keeps. Only the rows of these users are
 * read. File: `values.safetensors`.
 */
import { join } from 'node:path';
import { knownItems, openStored, type StoredData } from '../../../data/index.js';
import { rowsOf } from '../../../data/rankings.js';
import { fail } from '../../../errors.js';
import { evaluatedMetrics, evaluating, metricOf, popularityColumns, sampleUsers } from '../../../eval/index.js';
import { writeSafetensors } from '../../../formats/index.js';
import { choice, numbers, optionalInt, options } from '../../../options/options.js';
import { runInParts } from '../../../progress.js';
import { readingFinishedRun } from '../../../runs/index.js';
import { partUnit } from './_part.js';
import { usersOf } from './recommend.js';

export const VALUES = 'values.safetensors';

/** Columns of user indices. */
const OF_USERS = ['lists.users', 'items.users'];

export const evaluateUnit = partUnit({
  name: 'evaluate',
  revision: 2,
  needs: 'stored',
  options: options({
    at: numbers({ default: [10], min: 1, help: 'List lengths K.' }),
    part: choice(['test', 'hidden'], { default: 'test', help: 'The evaluated part.' }),
    evalUsers: optionalInt({ min: 1, help: 'Number of users of the sample.' }),
  }),
  async perform({ at, part, evalUsers }, { inputs, shard, of, folder, storedData, progress }) {
    const stored = openStored(storedData());
    const { name, nUsers, parts } = stored;
    if (!parts.includes(part))
      fail('needs-not-met', { problem: `${name} has no hidden interactions`, hint: 'Evaluate on the test part.' });
    const { rankings } = await runInParts(readingFinishedRun(inputs[0]!), progress.task('reading the run'));
    const { nItems, depth } = rankings;
    const [from, to] = usersOf(nUsers, shard, of);
    // User `from` is user 0 here.
    const own = { nUsers: to - from, nItems, depth, items: rowsOf(rankings, from, to) };
    const rows = (of: 'train' | 'foldIn' | 'test' | 'hidden') => stored.rows(of, from, to);
    const profiles = knownItems({
      train: rows('train'),
      ...(parts.includes('foldIn') ? { foldIn: rows('foldIn') } : {}),
    });
    const sample = sampleUsers(partStarts(stored), evalUsers);
    const chosen =
      sample?.chosen.filter((u) => u >= from && u < to).map((u) => u - from) ??
      Int32Array.from({ length: to - from }, (_, u) => u);
    const evaluation = await runInParts(
      evaluating(own, rows(part), {
        ...{ topK: at, trainCounts: countsFrom(stored.starts('item')), profiles, nUsers },
        sample: { chosen, users: chosen.length, of: sample?.users ?? nUsers },
        metrics: evaluatedMetrics().filter((name) => metricOf(name).kind === 'user'),
      }),
      progress.task('evaluating', 'users'),
      to - from,
    );
    const columns = Object.entries({ ...evaluation.perUser, ...popularityColumns(evaluation.popularity!) }).map(
      ([key, values]) => [key, { shape: [values.length], data: OF_USERS.includes(key) ? inAll(values, from) : values }],
    );
    const users = { shape: [evaluation.users.length], data: inAll(evaluation.users, from) };
    writeSafetensors(join(folder, VALUES), { users, ...Object.fromEntries(columns) });
  },
});

/** Indices of users of the data set from those of a shard that begins with the user `from`. */
const inAll = <T extends Int32Array | Float64Array>(users: T, from: number): T => users.map((u) => from + u) as T;

const countsFrom = (starts: Int32Array): Int32Array =>
  Int32Array.from({ length: starts.length - 1 }, (_, item) => starts[item + 1]! - starts[item]!);

/** The row starts of the parts from which a sample of users is drawn. */
function partStarts(stored: StoredData): Parameters<typeof sampleUsers>[0] {
  const part = (name: 'valid' | 'test' | 'hidden') => ({
    ...{ nUsers: stored.nUsers, indptr: stored.array(name, 'indptr', Int32Array) },
  });
  return {
    ...{ valid: part('valid'), test: part('test') },
    ...(stored.parts.includes('hidden') ? { hidden: { interactions: part('hidden') } } : {}),
  };
}
