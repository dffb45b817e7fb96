/** Users who were hidden from training, folded in from their history, against the same users trained. */
import { join } from 'node:path';
import { readBundle } from 'recdistill/bundle';
import { type Interactions, itemsOf, type LoadedDataset, loadDataset, packLists } from 'recdistill/data';
import { createEvaluator, type Evaluation, evaluationOptions } from 'recdistill/eval';
import { mean } from 'recdistill/experiment';
import { modelOf } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import { runJob, type Teacher } from 'recdistill/runs';
import { type Context, definePage } from '../_page.js';
import { inTemporary, writeSplitFolder } from '../files.js';
import { columnsOf, spread, table } from '../tables.js';
import { foldedIn } from './folding.js';

const DATA = 'citeulike-hetcomp-split';
const HIDDEN_EVERY = 5;
const SEEDS = [0, 1, 2];
/** Of the train items of a hidden user. */
const SHARES = [1, 0.5, 0.25];
const METRICS = ['recall@50', 'ndcg@50'];
// Defaults when the page was first made. Some follow from the data now.
const TEACHERS = { ease: { l2: 100 }, ials: { unobservedWeight: 0.003, l2: 0.02 } };
const DIM = 32;
const STUDENTS = [
  { name: 'bpr-mf', method: 'none', options: { dim: DIM, l2: 0.003 } },
  { name: 'bpr-mf with hetcomp', method: 'hetcomp', options: { dim: DIM, epochs: 100 } },
];
type Student = (typeof STUDENTS)[number];

/** Means over the hidden users, and how many have test items. */
type OfHidden = Readonly<Record<string, number>>;

interface StudentResult {
  readonly trained: OfHidden;
  /** By share. */
  readonly folded: Readonly<Record<string, OfHidden>>;
}

interface SeedResult {
  readonly popular: OfHidden;
  /** By student. */
  readonly found: readonly StudentResult[];
}

interface FoldInNumbers {
  readonly data: string;
  readonly seeds: readonly number[];
  readonly popular: OfHidden;
  readonly found: readonly { readonly student: string; readonly seeds: readonly StudentResult[] }[];
}

const isHidden = (user: number): boolean => user % HIDDEN_EVERY === 0;

function ofHidden({ users, perUser }: Evaluation): OfHidden {
  const at = [...users.keys()].filter((n) => isHidden(users[n]!));
  const over = (metric: string) => mean(at.map((n) => perUser[metric]![n]!));
  return { users: at.length, ...Object.fromEntries(METRICS.map((m) => [m, over(m)])) };
}

/** The data set without the hidden users. */
async function withoutHidden(whole: LoadedDataset, folder: string): Promise<LoadedDataset> {
  const linesOf = (part: Interactions) =>
    whole.users.ids.flatMap((user, u) =>
      isHidden(u) ? [] : Array.from(itemsOf(part, u), (i) => `${user}\t${whole.items.ids[i]}`),
    );
  const { train, valid, test } = whole;
  const parts = { train: linesOf(train), valid: linesOf(valid), test: linesOf(test) };
  return loadDataset({ data: writeSplitFolder(folder, parts) });
}

/** The train interactions, with a share of those of each hidden user: at least one. */
function historyOf(train: Interactions, share: number): Interactions {
  const rows = Array.from({ length: train.nUsers }, (_, u) => {
    const own = itemsOf(train, u);
    return isHidden(u) ? own.filter((_, n) => n % Math.round(1 / share) === 0) : own;
  });
  return { nUsers: train.nUsers, nItems: train.nItems, ...packLists(rows) };
}

/** A student, and its teachers if it has such. */
async function trained(dataset: LoadedDataset, where: string, student: Student, seed: number, context: Context) {
  const { kernels, runs, say } = context;
  say(`seed ${seed}, ${where}: ${student.name}`);
  const at = (model: string) => join(runs, `seed${seed}`, where, model.replaceAll(' ', '-'));
  const teachers: Teacher[] = [];
  for (const [model, own] of student.method === 'none' ? [] : Object.entries(TEACHERS)) {
    const options = { ...own, ...('seed' in modelOf(model).options.shape ? { seed } : {}) };
    teachers.push((await runJob({ dataset, kernels, model, options, folder: at(model) })).teacher);
  }
  const { evaluation } = await runJob({
    ...{ dataset, kernels, model: 'bpr-mf', method: student.method, teachers },
    ...{ options: { ...student.options, seed }, folder: at(student.name) },
  });
  return { evaluation, bundle: await readBundle(join(at(student.name), 'student')) };
}

const runSeed = (seed: number, context: Context): Promise<SeedResult> =>
  inTemporary(async (folder) => {
    const whole = await loadDataset({ data: DATA });
    const evaluator = createEvaluator(whole, parseOptions(evaluationOptions, {}, 'evaluation'));
    const base = await withoutHidden(whole, folder);
    const { kernels } = context;
    const popular = ofHidden((await runJob({ dataset: whole, kernels, model: 'top-pop' })).evaluation);
    const found: StudentResult[] = [];
    for (const student of STUDENTS) {
      const { evaluation } = await trained(whole, 'everybody', student, seed, context);
      const { bundle } = await trained(base, 'without-hidden', student, seed, context);
      const folded: Record<string, OfHidden> = {};
      for (const share of SHARES) {
        const known = { ...whole, train: historyOf(whole.train, share) };
        folded[share] = ofHidden((await foldedIn(bundle, known, evaluator, kernels)).evaluation);
      }
      found.push({ trained: ofHidden(evaluation), folded });
    }
    return { popular, found };
  });

function rowsOf({ popular, found }: FoldInNumbers) {
  const lines = found.flatMap(({ student, seeds }) => {
    const line = (what: string, of: (s: StudentResult) => OfHidden) => [
      ...[student, what, ...METRICS.map((m) => spread(seeds.map((s) => of(s)[m]!)))],
    ];
    const from = (share: number) => (share === 1 ? 'all' : `${100 * share} %`);
    return [
      line('trained', (s) => s.trained),
      ...SHARES.map((share) => line(`folded in from ${from(share)} of their train items`, (s) => s.folded[share]!)),
    ];
  });
  return [['top-pop', 'the same list for all', ...METRICS.map((m) => popular[m])], ...lines];
}

export const foldIn = definePage<SeedResult, FoldInNumbers>({
  name: 'fold-in',
  title: 'Users who were hidden from training, folded in, against the same users trained',
  needs: DATA,
  folder: join('runs', 'fold-in'),
  parts: SEEDS.map((seed) => `seed${seed}`),
  run: (part, context) => runSeed(Number(part.replace('seed', '')), context),
  gather: (seeds) => ({
    ...{ data: DATA, seeds: SEEDS, popular: seeds[0]!.popular },
    found: STUDENTS.map(({ name }, at) => ({ student: name, seeds: seeds.map((s) => s.found[at]!) })),
  }),
  render: (n) => ({
    title: 'Fold-in against training',
    about: `Every ${HIDDEN_EVERY}th user of ${n.data} (${n.popular.users} with test items) is hidden from training, then folded in by least squares ([how](../student.md), without centring, as \`--continue\` does),
and judged on their test items beside the same users in a student that was trained with them. Students have dim ${DIM}.
The teachers of hetcomp are ${Object.keys(TEACHERS).join(' and ')}; they see the hidden users no more than the student does. Mean ± standard deviation over seeds ${n.seeds.join(', ')}.`,
    sections: [table({ student: 'text', 'the hidden users': 'text', ...columnsOf(METRICS, 'metric') }, rowsOf(n))],
  }),
});
