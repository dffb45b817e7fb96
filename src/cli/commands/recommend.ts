import { absentUser, dataOptions } from '../../data/index.js';
import { fail, RecdistillError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { flag, optionalInt, optionalText, options, parseOptions, words } from '../../options/options.js';
import { counted, listed, shortened } from '../../report/format.js';
import { recommendationTable } from '../../report/index.js';
import { isFinishedRun } from '../../runs/index.js';
import { kindOf, type Student, StudentError } from '../../student/index.js';
import type { CommandBody, Given } from '../terminal/_command.js';
import { flagOf, readOptions } from '../terminal/flags.js';
import { group, runsGroup } from '../terminal/groups.js';
import { refuseHeldOut } from './held-out.js';
import { sayingSo } from './load-data.js';
import { allGroup, allGroups, recommendEveryone } from './recommend-all.js';
import { noHistories, openStudent } from './recommendations.js';
import { placeOf, readAnyRun } from './runs.js';

const recommendGroup = group(
  'Recommendations',
  'recommend',
  options({
    user: optionalText({ help: 'Id of the user, as in the data. A student without users needs --items.' }),
    items: words({ default: [], help: 'Instead of --user: item ids of a new user.' }),
    k: optionalInt({ min: 1, help: 'Number of items. Default: 10, or as many as there are.' }),
    includeSeen: flag({ default: false, help: 'Include items that the user already has.' }),
  }),
);

const isAll = (given: Given): boolean => readOptions(allGroup, given).all;

/** @throws RecdistillError `usage` for an option of --all without it */
function refuseWithoutAll(given: Given): void {
  const unused = Object.keys(allGroup.schema.shape).find((name) => name !== 'all' && given.flags[name] !== undefined);
  if (unused === undefined) return;
  fail('usage', {
    problem: `${flagOf(unused)} applies to the lists of all users`,
    hint: 'Add --all, or leave it out.',
  });
}

/** No suggestions for longer ids: comparing them is slow. */
const TYPED = 100;

export const recommend: CommandBody = {
  about: [
    'RUN is a run with a student bundle (by name or folder), or the folder of a bundle. The training data is not needed.',
    '--all writes the lists of all users, also of a run without a bundle: from the rankings that it stores. A repeated command goes on where it stopped.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Run or bundle.', required: true }],
  groups: [recommendGroup, runsGroup, ...allGroups],
  groupsFor: (given) => [recommendGroup, runsGroup, ...(isAll(given) ? allGroups : [allGroup])],
  examples: [
    ['recommend small --user 7', 'ten items for user 7'],
    ['recommend small --user 7 --k 50 --json', 'fifty items as JSON'],
    ['recommend small --items 12,99', 'a new user who has the items 12 and 99'],
    ['recommend small --all --k 100 --out recs', 'the lists of all users, as Parquet files'],
    [
      'recommend small --all --out recs --format jsonl --candidates stock.txt --exclude adult.txt',
      'only items in stock, never some others, as JSON lines',
    ],
  ],
  async run(given, console) {
    const { user, items, k: asked, includeSeen } = readOptions(recommendGroup, given);
    const { runs } = readOptions(runsGroup, given);
    if (isAll(given)) {
      const other = user !== undefined ? '--user' : '--items';
      if (user !== undefined || items.length > 0)
        fail('usage', { problem: `recommend --all does not take ${other}`, hint: '--users FILE chooses users.' });
      return recommendEveryone(given, console, { k: asked, includeSeen });
    }
    refuseWithoutAll(given);
    if ((user === undefined) === (items.length === 0)) {
      const problem =
        user === undefined ? 'recommend needs --user or --items' : 'recommend takes --user or --items, not both';
      fail('usage', { problem, hint: 'Give the id of a user, or with --items the item ids of a new user.' });
    }
    const { student, manifest } = await openStudent(given.args[0]!, runs);
    const most = student.model.nItems;
    const k = asked ?? Math.min(10, most);
    if (k > most) {
      const expected = `at most ${most}, the number of items`;
      fail('bad-option', { option: '--k', owner: 'recommend', given: k, expected, help: 'Ask for fewer items.' });
    }
    const unknown = items.filter((id) => !student.hasItem(id));
    if (user !== undefined && kindOf(student.model) !== 'items-only' && !student.hasUser(user)) {
      await refuseHeldOut(given.args[0]!, runs, student.model, user);
      await sayWhyAbsent(given.args[0]!, runs, user, console.say);
    }
    checkKnown(student, user, items, unknown);
    if (unknown.length > 0)
      console.say(
        `Ignored, because the student does not have these items: ${listed(unknown.map((id) => shortened(id, 40)))}.`,
      );
    if (user !== undefined && !student.model.seen && !includeSeen) console.say(noHistories);
    const list =
      user === undefined
        ? student.recommendFromItems(items, { k, includeSeen })
        : student.recommend(user, { k, includeSeen });
    const { model, method, data, final } = manifest.madeBy;
    const shownUser =
      user === undefined
        ? `a new user who has ${listed(some(items.filter((id) => student.hasItem(id))))}`
        : `user ${user}`;
    const how = method === 'none' ? model : `${model} with ${method}`;
    const text = [
      `For ${shownUser} (${how}, trained on ${final ? `all interactions of ${data}: a final fit` : data}):`,
      '',
      list.length > 0
        ? recommendationTable(list).toText()
        : `No item is left: the user has all ${counted(student.model.itemIds.length, 'item')} of the model. --include-seen lists them.`,
    ].join('\n');
    return {
      text,
      json: { ...(user === undefined ? { items } : { user }), recommendations: list, licence: manifest.licence },
    };
  },
};

/** Says why a user of the data of a run is not in its student, if the run recorded how the data was loaded and the data is still there. */
async function sayWhyAbsent(run: string, runs: string, user: string, say: (text: string) => void): Promise<void> {
  const place = placeOf(run, runs);
  if (place === undefined || !isFinishedRun(place.folder)) return;
  const { source } = await readAnyRun(place);
  if (source === undefined) return;
  const options = parseOptions(dataOptions, source, 'data');
  try {
    const why = await sayingSo(options, say, () => absentUser(options, user));
    if (why !== undefined)
      say(
        `User ${shortened(user, 60)} is in the data, but was dropped: ${why}. To keep it, train again with another limit.`,
      );
  } catch (cause) {
    // The data may have moved. The student answers without it.
    if (!(cause instanceof RecdistillError)) throw cause;
    say(`Whether a filter dropped the user is not known, because the data cannot be read: ${cause.message}.`);
  }
}

/** @throws StudentError `unknown-user`, `unknown-item`, with the nearest ids */
function checkKnown(
  student: Student,
  user: string | undefined,
  items: readonly string[],
  unknown: readonly string[],
): void {
  if (user !== undefined && kindOf(student.model) === 'items-only') {
    const hint = 'Give the items that the user has: --items id,id.';
    throw new StudentError('wrong-kind', 'the student is of the kind items-only and has no users', hint);
  }
  if (user !== undefined && !student.hasUser(user)) {
    const hint = `${suggestions(user, student.model.userIds)} For a new user, give item ids: --items id,id.`;
    throw new StudentError('unknown-user', `the student has no user "${shortened(user, 60)}"`, hint);
  }
  if (items.length > 0 && unknown.length === items.length) {
    const joined = [items.join(','), items.join(', ')].find((id) => items.length > 1 && student.hasItem(id));
    const hint =
      joined === undefined
        ? suggestions(items[0]!, student.model.itemIds)
        : `An id with a comma needs a JSON array: --items '${JSON.stringify([joined])}'.`;
    throw new StudentError(
      'unknown-item',
      `the student has none of the items: ${listed(unknown.map((id) => shortened(id, 60)))}`,
      hint,
    );
  }
}

function suggestions(given: string, ids: readonly string[]): string {
  const near: string[] = [];
  let rest = ids.filter((id) => id.length <= TYPED);
  for (let n = 0; n < 3 && given.length <= TYPED; n++) {
    const found = nearest(given, rest);
    if (found === undefined) break;
    near.push(found);
    rest = rest.filter((id) => id !== found);
  }
  return near.length > 0
    ? `Nearest ids: ${near.join(', ')}.`
    : `Ids look like this: ${ids
        .slice(0, 3)
        .map((id) => shortened(id, 40))
        .join(', ')}.`;
}

/** At most this many items of a history are shown. */
const MOST_SHOWN = 10;

/** The first of the distinct ids, and how many more there are. */
function some(ids: readonly string[]): string[] {
  const distinct = [...new Set(ids)];
  const more = distinct.length - MOST_SHOWN;
  return more > 0 ? [...distinct.slice(0, MOST_SHOWN), `${more} more`] : distinct;
}
