/**
 * A student kept up to date through the six blocks of ccd-yelp, in order of time. At block t everything of the blocks before and the train part
 * of t is known; the test part of t is judged.
 */
import { join } from 'node:path';
import { readBundle, type StudentBundle } from 'recdistill/bundle';
import { type LoadedDataset, loadDataset } from 'recdistill/data';
import { fuseRankings, importanceOptions } from 'recdistill/distill';
import { createEvaluator, type Evaluation, evaluationOptions } from 'recdistill/eval';
import { mean } from 'recdistill/experiment';
import { parseOptions } from 'recdistill/options';
import { type ContinueReport, type Job, runJob, type Teacher } from 'recdistill/runs';
import { type Context, definePage } from '../_page.js';
import { inTemporary, writeSplitFolder } from '../files.js';
import { columnsOf, spread, type TestRow, table, testsOf, testTable } from '../tables.js';
import { foldedIn } from './folding.js';

const BLOCKS = [0, 1, 2, 3, 4, 5];
const LATER = BLOCKS.slice(1);
const SEEDS = [0, 1];
const METRICS = ['recall@50', 'ndcg@50'];
/** The first two from searches on block 0. None is trained to its very end, where it gains little and costs most. */
const TEACHERS = {
  'bpr-mf': { dim: 64, epochs: 150, batchSize: 2048, learningRate: 0.002, l2: 0.003 },
  ials: { dim: 64, l2: 0.005, unobservedWeight: 0.011 },
  cml: { epochs: 60 },
};
/** The final checkpoints alone, as `distill --continue` has it, so that the ways differ in nothing but where they begin. */
const STUDENT = { dim: 16, evaluateEvery: 5, trajectoryLength: 1 };
const CONTINUED = { ...STUDENT, epochs: 20 };
/** Of the rankings that are fused. The page was made before 40 became the default. */
const TEMPERATURE = 10;
const OPTIONS = {
  retrained: { ...STUDENT, epochs: 100 },
  continued: CONTINUED,
  'continued along trajectories': { ...CONTINUED, trajectoryLength: 4 },
};
type Way = keyof typeof OPTIONS;
const WAYS = ['folded in', 'continued along trajectories', 'continued', 'retrained'];

interface Cell {
  readonly epochs?: number;
  readonly seconds?: number;
  /** What folding in found. */
  readonly report?: ContinueReport;
}
interface Found extends Cell {
  readonly evaluation: Evaluation;
}
interface KeptCell extends Cell {
  readonly means: Readonly<Record<string, number>>;
}
/** By way; block 0 has the ensemble and the student to begin with. */
type Block<C> = Readonly<Record<string, C>>;

interface Size {
  readonly nUsers: number;
  readonly nItems: number;
  readonly train: number;
  readonly test: number;
}

interface ContinueNumbers {
  readonly seeds: readonly number[];
  readonly sizes: readonly Size[];
  /** By seed and block. */
  readonly blocks: readonly (readonly Block<KeptCell>[])[];
  /** By later block, in the first seed. */
  readonly tests: readonly (readonly TestRow[])[];
}

interface SeedResult {
  readonly sizes: readonly Size[];
  readonly blocks: readonly Block<Found>[];
}

type Pair = readonly [user: string, item: string];
const keyOf = ([user, item]: Pair): string => `${user}\t${item}`;

function pairsOf(dataset: LoadedDataset, part: 'train' | 'valid' | 'test'): Pair[] {
  const { indptr, indices } = dataset[part];
  return dataset.users.ids.flatMap((user, u) =>
    Array.from(indices.subarray(indptr[u], indptr[u + 1]), (i): Pair => [user, dataset.items.ids[i]!]),
  );
}

/** The data at each block, by way of split folders. Pairs that are known already are no test of anything: they are dropped. */
async function statesIn(folder: string): Promise<LoadedDataset[]> {
  const known = new Set<string>();
  const fresh = (pairs: readonly Pair[], judged?: ReadonlySet<string>) =>
    [...new Set(pairs.map(keyOf))].filter((key) => !known.has(key) && !judged?.has(key));
  const found: LoadedDataset[] = [];
  for (const block of BLOCKS) {
    const data = await loadDataset({ data: `ccd-yelp-task${block}` });
    for (const key of fresh(pairsOf(data, 'train'))) known.add(key);
    const valid = fresh(pairsOf(data, 'valid'));
    const test = fresh(pairsOf(data, 'test'), new Set(valid));
    const at = writeSplitFolder(join(folder, `block${block}`), { train: [...known], valid, test });
    found.push(await loadDataset({ data: at }));
    for (const key of [...valid, ...test]) known.add(key);
  }
  return found;
}

/** Trainings of one seed on one block. */
function trainingsOn(dataset: LoadedDataset, block: number, seed: number, { kernels, runs, say }: Context) {
  const at = (name: string) => {
    say(`seed ${seed}, block ${block}: ${name}`);
    return join(runs, `seed${seed}`, `block${block}`, name.replaceAll(' ', '-'));
  };
  return {
    async teachers(): Promise<Job[]> {
      const jobs: Job[] = [];
      for (const [model, own] of Object.entries(TEACHERS))
        jobs.push(await runJob({ dataset, kernels, model, options: { ...own, seed }, folder: at(model) }));
      return jobs;
    },
    async distilled(
      way: Way,
      teachers: readonly Teacher[],
      start?: StudentBundle,
    ): Promise<Found & { bundle: StudentBundle }> {
      const folder = at(way);
      const options = { ...OPTIONS[way], temperature: TEMPERATURE, seed };
      const { result, evaluation } = await runJob({
        ...{ dataset, kernels, model: 'bpr-mf', method: 'hetcomp', options, teachers, folder },
        ...(start ? { start } : {}),
      });
      const bundle = await readBundle(join(folder, 'student'));
      return { evaluation, epochs: result.epochs, seconds: result.seconds, bundle };
    },
  };
}

async function runSeed(seed: number, data: readonly LoadedDataset[], context: Context): Promise<Block<Found>[]> {
  const blocks: Block<Found>[] = [];
  let first: StudentBundle | undefined;
  let last: StudentBundle | undefined;
  const importance = parseOptions(importanceOptions, { temperature: TEMPERATURE }, 'ensemble');
  const evaluation = parseOptions(evaluationOptions, {}, 'evaluation');
  for (const block of BLOCKS) {
    const dataset = data[block]!;
    const { teachers, distilled } = trainingsOn(dataset, block, seed, context);
    const jobs = await teachers();
    const taught = jobs.map((j) => j.teacher);
    const rankings = jobs.map((j) => j.rankings);
    const evaluator = createEvaluator(dataset, evaluation);
    const ensemble = { evaluation: evaluator.test(fuseRankings(rankings, importance, rankings[0]!.depth)) };
    const { bundle, ...retrained } = await distilled('retrained', taught);
    if (first === undefined || last === undefined) {
      first = bundle;
      last = bundle;
      blocks.push({ ensemble, retrained });
      continue;
    }
    const { bundle: next, ...continued } = await distilled('continued', taught, last);
    const { bundle: _, ...along } = await distilled('continued along trajectories', taught, last);
    const began = performance.now();
    const folded = await foldedIn(first, dataset, evaluator, context.kernels);
    const seconds = (performance.now() - began) / 1000;
    last = next;
    blocks.push({
      ...{ ensemble, retrained, continued, 'continued along trajectories': along },
      'folded in': { ...folded, epochs: 0, seconds },
    });
  }
  return blocks;
}

const keptCell = ({ evaluation, ...cell }: Found): KeptCell => ({
  ...cell,
  means: Object.fromEntries(METRICS.map((m) => [m, evaluation.means[m]!])),
});

function gather(seeds: readonly SeedResult[]): ContinueNumbers {
  const [{ sizes, blocks }] = [seeds[0]!];
  const others = WAYS.filter((way) => way !== 'retrained');
  return {
    ...{ seeds: SEEDS, sizes },
    blocks: seeds.map((s) =>
      s.blocks.map((block) => Object.fromEntries(Object.entries(block).map(([way, cell]) => [way, keptCell(cell)]))),
    ),
    tests: LATER.map((b) => {
      const rows = Object.fromEntries(Object.entries(blocks[b]!).map(([way, { evaluation }]) => [way, evaluation]));
      return testsOf([rows], 'retrained', others, METRICS);
    }),
  };
}

function sizeTable({ sizes, blocks }: ContinueNumbers): string {
  const since = (block: number, what: 'users' | 'items') => {
    const counts = blocks[0]![block]!['folded in']?.report?.[what];
    return counts && counts.foldedIn + counts.random;
  };
  return table(
    {
      ...{ block: 'text', users: 'count', items: 'count', train: 'count', test: 'count' },
      ...{ 'users since block 0': 'count', 'items since block 0': 'count' },
    },
    sizes.map((s, b) => [b, s.nUsers, s.nItems, s.train, s.test, since(b, 'users'), since(b, 'items')]),
  );
}

const qualityTable = ({ blocks }: ContinueNumbers, metric: string): string =>
  table(
    {
      way: 'text',
      ...columnsOf(
        LATER.map((b) => `block ${b}`),
        'metric',
      ),
    },
    ['ensemble', ...WAYS].map((way) => [
      way,
      ...LATER.map((b) => spread(blocks.map((seed) => seed[b]![way]!.means[metric]!))),
    ]),
  );

const costTable = ({ blocks }: ContinueNumbers): string =>
  table(
    { way: 'text', epochs: 'count', time: 'microseconds' },
    WAYS.map((way) => {
      const cells = LATER.flatMap((b) => blocks.map((seed) => seed[b]![way]!));
      return [way, Math.round(mean(cells.map((c) => c.epochs ?? 0))), 1e6 * mean(cells.map((c) => c.seconds ?? 0))];
    }),
  );

export const continuePage = definePage<SeedResult, ContinueNumbers>({
  name: 'continue',
  title: 'A student through the six blocks of ccd-yelp: continued, retrained or folded in',
  needs: 'ccd-yelp-task0 to ccd-yelp-task5',
  folder: join('runs', 'continue'),
  parts: SEEDS.map((seed) => `seed${seed}`),
  run: (part, context) =>
    inTemporary(async (folder) => {
      const data = await statesIn(folder);
      const sizes = data.map(({ train: t, test }) => {
        return { nUsers: t.nUsers, nItems: t.nItems, train: t.indices.length, test: test.indices.length };
      });
      return { sizes, blocks: await runSeed(Number(part.replace('seed', '')), data, context) };
    }),
  gather,
  render: (n) => ({
    title: 'A student that is continued',
    about: `On the six blocks of ccd-yelp, which follow each other in time. At block t everything of the blocks before and the train part
of t is known. Teachers (${Object.keys(TEACHERS).join(', ')}) are trained on that from the beginning, and the test part of t is judged.
Mean ± standard deviation over seeds ${n.seeds.join(', ')}. The student (bpr-mf, dim ${STUDENT.dim}) is one of these:`,
    sections: [
      `- **folded in**: that of block 0 with new users and items folded in, and nothing trained since.
- **continued**: that of the block before, continued by HetComp for at most ${CONTINUED.epochs} epochs from the final checkpoints alone (\`distill --continue\`).
- **continued along trajectories**: the same step, from the easy checkpoints to the final ones.
- **retrained**: from the beginning for at most ${OPTIONS.retrained.epochs} epochs, from the final checkpoints alone.

The ensemble is that of the teachers, with importance temperature ${TEMPERATURE}.`,
      sizeTable(n),
      '## recall@50',
      qualityTable(n, 'recall@50'),
      '## ndcg@50',
      qualityTable(n, 'ndcg@50'),
      '## Cost of bringing the student up to date, mean over blocks',
      costTable(n),
      `## Retraining against the others
Seed ${n.seeds[0]}; paired t test over users, Holm over the block.`,
      ...n.tests.flatMap((tests, at) => [`### Block ${LATER[at]}`, testTable(tests)]),
    ],
  }),
});
