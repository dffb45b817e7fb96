/** What commands on the lists of finished runs take: measured on some of the users before the work begins. */
import { join } from 'node:path';
import { type Dataset, itemCounts, type NamedLists, writeRankingsTable } from '../../data/index.js';
import { rowsOfRange } from '../../data/interactions.js';
import { rowsOf } from '../../data/rankings.js';
import { withTemporaryFolder } from '../../data/temporary.js';
import { evaluatedMetrics, evaluateRankings } from '../../eval/index.js';
import { totalOf } from '../../memory/index.js';
import { evaluationParts } from '../../runs/index.js';
import type { Console } from '../terminal/_command.js';
import { costLine } from './cost.js';
import type { EvaluateOne } from './evaluated.js';

/** Users of the two measurements: their difference is the time of more users, without what does not depend on them. */
const [FEW, MORE] = [512, 4096];
/** Comparisons of fewer seconds are not announced. */
const LONG = 5;
/** Seconds of the resampling of one user in one test: 20 s for 200,000 users in 4 tests. */
const RESAMPLED = 2.4e-5;

/**
 * The same evaluation, which says before the first of `runs` runs what all of them take.
 * @param tests of a comparison that follows, whose cost is said only if it takes more than a few seconds; absent: none follows
 */
export function tellingCost(evaluateOne: EvaluateOne, runs: number, console: Console, tests?: number): EvaluateOne {
  let told = false;
  return (run, how) => {
    if (!told) {
      const { data: dataset, at, part } = how;
      const relevant = part === 'test' ? dataset.test : dataset.hidden!.interactions;
      const trainCounts = itemCounts(dataset.train);
      const evaluated =
        runs *
        secondsOfUsers(run.rankings.nUsers, (users) => {
          const { nItems, depth } = run.rankings;
          const some = { nUsers: users, nItems, depth, items: rowsOf(run.rankings, 0, users) };
          const counted = { metrics: evaluatedMetrics(), topK: at, trainCounts };
          evaluateRankings(some, rowsOfRange(relevant, 0, users), counted);
        });
      const bytes = totalOf(evaluationParts({ dataset, depth: run.rankings.depth, runs }, at));
      const seconds = evaluated + (tests ?? 0) * dataset.train.nUsers * RESAMPLED;
      if (tests === undefined || seconds >= LONG) console.say(costLine({ seconds, bytes }));
    }
    told = true;
    return evaluateOne(run, how);
  };
}

function secondsOfUsers(nUsers: number, work: (users: number) => void): number {
  const timed = (users: number): number => {
    const began = performance.now();
    work(users);
    return (performance.now() - began) / 1000;
  };
  const [few, more] = [Math.min(nUsers, FEW), Math.min(nUsers, MORE)];
  // The first one also compiles the code.
  timed(few);
  const [less, most] = [timed(few), timed(more)];
  return most + ((nUsers - more) * Math.max(0, most - less)) / Math.max(1, more - few);
}

/** Seconds of writing the lists of all users to such a file. */
export async function secondsOfWriting(out: string, dataset: Dataset, lists: readonly NamedLists[]): Promise<number> {
  const nUsers = dataset.users.ids.length;
  const [few, more] = [Math.min(nUsers, FEW), Math.min(nUsers, MORE)];
  const suffix = out.slice(out.lastIndexOf('/') + 1).replace(/^[^.]*/, '');
  return withTemporaryFolder(async (folder) => {
    const timed = async (users: number): Promise<number> => {
      const began = performance.now();
      await writeRankingsTable(join(folder, `${users}${suffix}`), dataset, lists, [0, users]);
      return (performance.now() - began) / 1000;
    };
    await timed(few);
    const [less, most] = [await timed(few), await timed(more)];
    return most + ((nUsers - more) * Math.max(0, most - less)) / Math.max(1, more - few);
  });
}
