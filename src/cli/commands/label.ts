import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readBundle, writeLabels } from '../../bundle/index.js';
import { dataOptions, type LabelReport, labelLines, labelReport, readItemLabels } from '../../data/index.js';
import { fail } from '../../errors.js';
import { acquireLock } from '../../formats/index.js';
import { flag, options } from '../../options/options.js';
import { jobFiles, nameItems } from '../../runs/index.js';
import { bundleFiles } from '../../student/index.js';
import type { CommandBody, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, runsGroup } from '../terminal/groups.js';
import { nextSteps, recommendSteps } from './job.js';
import { findRuns, loadDataOf, placeOf, type RunPlace, readAnyRun } from './runs.js';

const { labels, labelsEncoding } = dataOptions.shape;
const labelGroup = group(
  'Names',
  'label',
  options({
    labels,
    labelsEncoding,
    overwrite: flag({ default: false, help: 'Replace the names even if the file has fewer.' }),
  }),
);

/** A run, or a bundle alone, with the names of its items in the file. */
interface Named extends RunPlace {
  readonly bundle: string | undefined;
  readonly changed: boolean;
  readonly report: LabelReport;
}

export const label: CommandBody = {
  about: [
    'RUN is the name of a run, a folder, the name of a pipeline, or the folder of a bundle.',
    'The names are written into the student bundle, where `recommend`, `serve` and `export` read them. Students that are distilled from the run later have them, too. Parameters do not change.',
    'A running server shows the new names after a reload.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs, or bundles.', required: true, many: true }],
  groups: [labelGroup, runsGroup],
  examples: [
    ['label small --labels movies.csv', 'a student without item names'],
    ['label demo --labels titles.txt', 'every run of a pipeline'],
  ],
  async run(given, console) {
    const { labels: file, labelsEncoding: encoding, overwrite } = readOptions(labelGroup, given);
    const { runs } = readOptions(runsGroup, given);
    if (file === undefined)
      fail('usage', {
        problem: 'label needs --labels: the file of item names',
        hint: 'For example --labels movies.csv',
      });
    const places = given.args.flatMap((name) => bundleAlone(name, runs) ?? findRuns(name, runs));
    // All are read before any is written.
    const found = [];
    for (const place of places) {
      const names = await namesFor(place, { file, encoding }, given);
      if (!overwrite) await refuseFewer(place, names, file);
      found.push({ ...place, ...names });
    }
    const named: Named[] = [];
    for (const { labels: names, report, bundle, ...place } of found) {
      named.push({
        ...place,
        bundle,
        report,
        changed: await write(place, bundle, names, { file: resolve(file), encoding }),
      });
    }
    const first = named.find((n) => n.bundle !== undefined);
    const steps = first ? recommendSteps(first.name, first.bundle, { items: await someItems(first.bundle!) }) : [];
    const text = [
      ...new Set(named.flatMap(({ report }) => labelLines(report))),
      ...named.map(outcomeText),
      ...(first ? ['', nextSteps(console.program, runs, steps)] : []),
    ].join('\n');
    return { text, json: { runs: named.map(({ report, ...rest }) => ({ ...rest, ...report })) } };
  },
};

/** @throws RecdistillError `usage` if a bundle has more names now */
async function refuseFewer(
  place: RunPlace,
  { bundle, labels: names }: Pick<Named, 'bundle'> & { labels: readonly string[] },
  file: string,
) {
  const namedIn = (list: readonly string[]) => list.filter((name) => name !== '').length;
  const before = bundle === undefined ? 0 : namedIn((await readBundle(bundle)).model.labels ?? []);
  if (namedIn(names) >= before) return;
  const problem = `${file} names ${namedIn(names)} items of ${place.name}, which has names for ${before} now`;
  fail('usage', { problem, hint: 'Give a file with all names, or replace them anyway with --overwrite.' });
}

const someItems = async (bundle: string) => (await readBundle(bundle)).model.itemIds.slice(0, 2);

const isBundle = (folder: string): boolean => existsSync(join(folder, bundleFiles.tensors));

function bundleAlone(name: string, runs: string): RunPlace[] | undefined {
  const place = placeOf(name, runs);
  return place && isBundle(place.folder) ? [place] : undefined;
}

/** A file of names and its character encoding. */
interface Source {
  readonly file: string;
  readonly encoding: string;
}

async function namesFor(place: RunPlace, { file, encoding }: Source, given: Given) {
  const student = join(place.folder, jobFiles.student);
  const bundle = [place.folder, student].find(isBundle);
  if (bundle !== student && bundle !== place.folder) {
    // Without a bundle, only the data has the item ids.
    const { dataset } = await loadDataOf(
      await readAnyRun(place),
      { ...given, flags: { labels: file, labelsEncoding: encoding } },
      () => {},
    );
    return { bundle, labels: dataset.itemLabels ?? [], report: dataset.labelReport! };
  }
  if (bundle === student) await readAnyRun(place);
  const { itemIds } = (await readBundle(bundle)).model;
  const match = await readItemLabels(file, itemIds, encoding);
  return { bundle, labels: match.labels, report: labelReport(match, match.labels, itemIds.length) };
}

async function write(
  { folder }: RunPlace,
  bundle: string | undefined,
  names: readonly string[],
  { file, encoding }: Source,
) {
  if (bundle === folder) return writeLabels(folder, names);
  const lock = acquireLock(folder, { what: { kind: 'run', path: folder } });
  try {
    return await nameItems(folder, names, file, encoding);
  } finally {
    lock.release();
  }
}

const outcomeText = ({ name, bundle, changed }: Named): string => {
  if (!changed) return `${name} already has these item names.`;
  return bundle === undefined
    ? `${name} has no student bundle; students that are distilled from it will have the item names.`
    : `${name}: item names written to ${bundle}`;
};
