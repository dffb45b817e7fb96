/** Students with and without a table of users, for users who took part in the training and for users who did not. */
import { join } from 'node:path';
import { loadDataset } from 'recdistill/data';
import { fuseRankings, importanceOptions } from 'recdistill/distill';
import { createEvaluator, evaluationOptions } from 'recdistill/eval';
import { parseOptions } from 'recdistill/options';
import { formatMetric, formatShare } from 'recdistill/report';
import { type Context, definePage } from '../../_page.js';
import { inTemporary } from '../../files.js';
import { columnsOf, spread, table } from '../../tables.js';
import { HIDDEN_EVERY, setApart } from './apart.js';
import {
  base,
  type Cell,
  known,
  METRICS,
  searched,
  type Trained,
  taught,
  teachersOf,
  type Values,
  valuesOf,
  type Work,
} from './runs.js';
import { METHODS, SETS, STUDENTS, TEACHERS, TRIALS, TUNED_DIM } from './sets.js';

const [R50] = METRICS as [string];

interface Row {
  readonly name: string;
  readonly method: string;
  readonly dim?: number;
  readonly trial?: number;
  readonly cell: Cell;
  /** The hidden users in a student that was trained with them. */
  readonly known?: Values;
}

interface SeedResult {
  readonly set: string;
  readonly seed: number;
  readonly users: { readonly seen: number; readonly unseen: number };
  readonly rows: readonly Row[];
}

interface UnseenNumbers {
  readonly seeds: readonly SeedResult[];
}

/** @param temporary for files of the data without the hidden users */
async function workOf(name: string, seed: number, context: Context, temporary: string): Promise<Work> {
  const set = SETS[name]!;
  const apart = await setApart(await loadDataset(set.options), join(temporary, `${name}-${seed}`));
  return { apart, context, set, seed, folder: join(context.runs, name, `seed${seed}`) };
}

const runSeed = (name: string, seed: number, context: Context): Promise<SeedResult> =>
  inTemporary(async (temporary) => {
    const set = SETS[name]!;
    const work = await workOf(name, seed, context, temporary);
    const searchedOn = set.searchedOn ?? name;
    const first = await workOf(searchedOn, SETS[searchedOn]!.seeds[0]!, context, temporary);
    const [ofSeed, ofFirst] = [teachersOf(work), teachersOf(first)];
    const trained = await ofSeed.trained();
    const simple = (model: string, cell: Cell): Row => ({ name: model, method: 'none', cell });
    const rows = trained.map(({ cell }, n) => simple(TEACHERS[n]!, cell));
    for (const other of set.others) rows.push(simple(other, (await base(work, other)).cell));
    rows.push(simple('ensemble', ensembleOf(work, trained)));
    for (const method of METHODS) {
      for (const student of STUDENTS) {
        const trial = await searched(first, student, method, ofFirst.teachers);
        for (const dim of method === 'none' ? [TUNED_DIM] : set.dims) {
          const cell = await taught(work, { student, method, dim, trial }, ofSeed.teachers);
          const compared = method === 'softmax' && dim === TUNED_DIM && set.knownSeeds.includes(seed);
          const more = compared ? { known: await known(work, student, method, trial) } : {};
          rows.push({ name: student, method, dim, trial, cell, ...more });
        }
      }
    }
    const { apart } = work;
    const unseen = apart.evaluator.test(trained[0]!.unseenLists).users.length;
    return { set: name, seed, users: { seen: apart.base.users.ids.length, unseen }, rows };
  });

/** The fused lists of the teachers, for both groups. */
function ensembleOf({ apart }: Work, trained: readonly Trained[]): Cell {
  const importance = parseOptions(importanceOptions, {}, 'ensemble');
  const fused = (of: 'seenLists' | 'unseenLists') => {
    const lists = trained.map((t) => t[of]);
    return fuseRankings(lists, importance, lists[0]!.depth);
  };
  const judge = createEvaluator(apart.base, parseOptions(evaluationOptions, {}, 'evaluation'));
  const sum = (of: 'seconds' | 'parameters') => trained.reduce((total, { cell }) => total + cell[of], 0);
  return {
    ...{ seen: valuesOf(judge.test(fused('seenLists'))), unseen: valuesOf(apart.evaluator.test(fused('unseenLists'))) },
    ...{ valid: Number.NaN, seconds: sum('seconds'), parameters: sum('parameters') },
  };
}

const keyOf = ({ name, method, dim }: Row): string => [name, method, dim].join();

/** One line for each row, with the mean over the seeds. */
function linesOf(seeds: readonly SeedResult[]) {
  return seeds[0]!.rows.map((row) => {
    const cells = seeds.map(({ rows }) => rows.find((other) => keyOf(other) === keyOf(row))!.cell);
    const mean = (of: (cell: Cell) => number) => cells.reduce((sum, cell) => sum + of(cell), 0) / cells.length;
    const bundle = cells[0]!.bundleBytes;
    const ensembles = seeds.map(({ rows }) => rows.find(({ name }) => name === 'ensemble')!.cell);
    const share = (group: 'seen' | 'unseen') => {
      const of = (list: readonly Cell[]) => list.reduce((sum, cell) => sum + cell[group][R50]!, 0);
      return formatShare(of(cells) / of(ensembles));
    };
    return [
      ...[
        row.name,
        row.dim === undefined ? undefined : row.method,
        row.dim,
        row.cell.by ?? (row.name === 'ensemble' ? undefined : 'model'),
      ],
      ...(['seen', 'unseen'] as const).flatMap((group) =>
        METRICS.map((m) => spread(cells.map((cell) => cell[group][m]!))),
      ),
      ...[share('seen'), share('unseen')],
      ...[bundle, mean((cell) => cell.seconds)],
    ];
  });
}

const COLUMNS = {
  ...({ model: 'text', method: 'text', dim: 'count', 'unseen users by': 'text' } as const),
  ...columnsOf(['seen R@50', 'seen N@50', 'unseen R@50', 'unseen N@50'], 'metric'),
  ...({ 'seen: of ensemble': 'text', 'unseen: of ensemble': 'text', bundle: 'bytes', training: 'seconds' } as const),
};

/** What the hidden users get from a student that was trained with them. */
function knownLines(seeds: readonly SeedResult[]): string[] {
  return seeds.flatMap(({ seed, rows }) =>
    rows.flatMap(({ name, method, dim, cell, known: k }) => {
      if (!k) return [];
      const value = (of: Values) => formatMetric(of[R50]!);
      const share = formatShare(cell.unseen[R50]! / k[R50]!);
      return [
        `- \`${name}\`, ${method}, dim ${dim}, seed ${seed}: the hidden users have R@50 ${value(k)} if student and teachers are trained with them, and ${value(cell.unseen)} (${share}) if not.`,
      ];
    }),
  );
}

const PARTS = Object.entries(SETS).flatMap(([set, { seeds }]) =>
  seeds.map((seed) => ({ set, seed, name: `${set}-seed${seed}` })),
);

export const unseenUsers = definePage<SeedResult, UnseenNumbers>({
  name: 'unseen-users',
  title: 'Users who took no part in the training: students with and without a table of users',
  needs: Object.keys(SETS)
    .filter((set) => set !== 'synthetic')
    .join(', '),
  folder: join('runs', 'unseen-users'),
  parts: PARTS.map(({ name }) => name),
  run(part, context) {
    const { set, seed } = PARTS.find(({ name }) => name === part)!;
    return runSeed(set, seed, context);
  },
  gather: (seeds) => ({ seeds }),
  seconds: ({ seeds }) =>
    seeds.reduce((sum, { rows }) => sum + rows.reduce((total, { cell }) => total + cell.seconds, 0), 0),
  render: ({ seeds }) => ({
    title: 'Users who took no part in the training',
    about: `Every ${HIDDEN_EVERY}th user is hidden from teachers and students: all of their interactions. Afterwards their train items are given as history, and their test items are judged, those that
others have in train. \`fism\` and the teachers answer for a history; a student \`bpr-mf\` folds it in ([how](../student.md)). Seen: the users of the training on their own test items.
The two groups are different people, and so are the levels of their figures: compare a row with the ensemble of the same group (R@50 as a share of it is in the last columns).
The ensemble fuses the lists of the teachers with equal weights. Where one teacher is much better than the others, as \`ials\` on CiteULike, it is below that teacher, and students, which weigh the first ranks more, can be above it.
Teachers: ${TEACHERS.join(', ')}; \`rrd\` has one, the best on valid. Options of every student and method were searched with one budget: ${TRIALS.length} trials (learning rate and l2) at dim ${TUNED_DIM} with the first seed,
chosen by R@50 on valid of the seen users. \`bundle\`: bytes in f32, of \`bpr-mf\` with users and histories. The options for Foursquare are those found on CiteULike. Seconds on one thread, beside other work. Mean ± standard deviation over the seeds.`,
    sections: Object.keys(SETS).flatMap((set) => {
      const own = seeds.filter((seed) => seed.set === set);
      if (own.length === 0) return [];
      const { users } = own[0]!;
      const about = `${users.seen} users in training; ${users.unseen} hidden users with test items; seeds ${own.map(({ seed }) => seed).join(', ')}.`;
      const compared = knownLines(own);
      return [
        `## ${set}\n${about}`,
        table(COLUMNS, linesOf(own)),
        ...(compared.length > 0 ? [compared.join('\n')] : []),
      ];
    }),
  }),
});
