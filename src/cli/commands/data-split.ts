import { keptInTrain, type MovedToTrain, partSizes, writeSplit } from '../../data/index.js';
import { fail } from '../../errors.js';
import { optionalText, options } from '../../options/options.js';
import { formatCount } from '../../report/format.js';
import { expectHeldOut, readStart, trainedPairs } from '../../runs/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { announceDefaultData } from '../terminal/default-data.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroup, group, runsGroup } from '../terminal/groups.js';
import { sourceArgument, withSource } from './data-inspect.js';
import { loadData } from './load-data.js';
import { bundleFolderOf } from './recommendations.js';

const outGroup = group(
  'Split',
  'data split',
  options({
    out: optionalText({ help: 'New folder to write.' }),
    keepTrain: optionalText({
      help: 'Run or bundle of a student that will be continued on this split: interactions of valid and test that it was trained on are moved to train.',
    }),
    ...runsGroup.schema.shape,
  }),
);

export const dataSplit: CommandBody = {
  args: [sourceArgument],
  groups: [outGroup, dataGroup],
  examples: [
    ['data split ratings.csv --out my-split', '60/20/20 for each user'],
    ['data split ratings.csv --split users --out by-user', 'users held out whole, evaluated by their histories'],
    ['data split now.csv --keep-train small --out now', 'for a student that continues from small'],
    ['data split ratings.csv --split time --time timestamp --out by-time', 'by time, over all users'],
  ],
  async run(given, console) {
    const { out, keepTrain, runs } = readOptions(outGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'data split needs --out: the new folder', hint: 'For example --out my-split' });
    await announceDefaultData(given, true, console);
    const loaded = await loadData(readOptions(dataGroup, withSource(given)), console.say);
    const kept =
      keepTrain === undefined
        ? undefined
        : keptInTrain(loaded, trainedPairs(await readStart(bundleFolderOf(keepTrain, runs))));
    const dataset = kept ?? loaded;
    expectHeldOut(dataset, 'a written split');
    await writeSplit(dataset, out);
    const sizes = partSizes(dataset);
    const parts = Object.entries(sizes).map(
      ([part, n]: [string, number]) => `${part === 'foldIn' ? 'fold-in' : part} ${formatCount(n)}`,
    );
    const moved = kept && movedText(kept, keepTrain!);
    const text = `${moved ? `${moved}\n` : ''}${out}: ${parts.join(', ')} interactions.\nUse it with: ${console.program} train ${dataset.foldIn ? 'fism' : 'bpr-mf'} --data ${out}`;
    return {
      text,
      json: {
        folder: out,
        fingerprint: dataset.fingerprint,
        interactions: sizes,
        ...(kept ? { moved: kept.moved } : {}),
        notes: dataset.notes,
      },
    };
  },
};

const movedText = ({ moved }: { readonly moved: MovedToTrain }, name: string): string =>
  `Moved to train, because ${name} was trained on them: ${formatCount(moved.valid)} interactions of valid, ${formatCount(moved.test)} of test.`;
