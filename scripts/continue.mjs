// Writes docs/results/continue.md and continue.json: a student kept up to date through the six blocks of ccd-yelp, in order of time.
//   npm run continue -- [--runs FOLDER] [--threads N] [--seed N]
// At block t everything of the blocks before and the train part of t is known; judged is the test part of t. What is finished is read back;
// with --seed N only that seed is trained and nothing is written, so that seeds can be trained side by side.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKernels } from 'recdistill';
import { readBundle } from 'recdistill/bundle';
import { loadDataset } from 'recdistill/data';
import { fuseRankings, importanceOptions } from 'recdistill/distill';
import { compare, createEvaluator, evaluationOptions } from 'recdistill/eval';
import { modelOf, rankAll } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import { continueFrom, runJob } from 'recdistill/runs';
import { mean, shortP, spread, table, writePage } from './_tables.mjs';

const BLOCKS = [0, 1, 2, 3, 4, 5];
const SEEDS = [0, 1];
const METRICS = ['recall@50', 'ndcg@50'];
/** The first two from searches on block 0; none is trained to its very end, where it gains little and costs most. */
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
const WAYS = ['folded in', ...Object.keys(OPTIONS).reverse()];

const { values: flags } = parseArgs({
  options: { runs: { type: 'string' }, threads: { type: 'string' }, seed: { type: 'string' } },
});
const runs = flags.runs ?? join('runs', 'continue');
const kernels = createKernels(flags.threads === undefined ? {} : { threads: Number(flags.threads) });
const say = (text) => process.stderr.write(`${text}\n`);
const evaluation = parseOptions(evaluationOptions, {}, 'evaluation');

/** Rows [user, item] of a part, by id. */
function rowsOf(dataset, part) {
  const { indptr, indices } = dataset[part];
  return dataset.users.ids.flatMap((user, u) =>
    Array.from(indices.subarray(indptr[u], indptr[u + 1]), (i) => [user, dataset.items.ids[i]]),
  );
}

/** The state of things at each block, as split folders. Pairs that are known already are no test of anything and are dropped. */
async function states(folder) {
  const known = new Map();
  const key = ([user, item]) => `${user}\t${item}`;
  const take = (rows) => {
    const fresh = [...new Map(rows.map((row) => [key(row), row])).values()].filter((row) => !known.has(key(row)));
    return { fresh, dropped: rows.length - fresh.length };
  };
  const found = [];
  for (const block of BLOCKS) {
    const data = await loadDataset({ data: `ccd-yelp-task${block}` });
    for (const row of take(rowsOf(data, 'train')).fresh) known.set(key(row), row);
    const valid = take(rowsOf(data, 'valid'));
    const judged = new Set(valid.fresh.map(key));
    const test = take(rowsOf(data, 'test').filter((row) => !judged.has(key(row))));
    const at = join(folder, `block${block}`);
    mkdirSync(at);
    const parts = { train: [...known.values()], valid: valid.fresh, test: test.fresh };
    for (const [part, rows] of Object.entries(parts)) {
      writeFileSync(join(at, `${part}.tsv`), `${['user\titem', ...rows.map(key)].join('\n')}\n`);
    }
    found.push(await loadDataset({ data: at }));
    for (const row of [...valid.fresh, ...test.fresh]) known.set(key(row), row);
  }
  return found;
}

async function teachersOf(dataset, block, seed) {
  const jobs = [];
  for (const [model, own] of Object.entries(TEACHERS)) {
    say(`seed ${seed}, block ${block}: ${model}`);
    const options = { ...own, seed };
    jobs.push(
      await runJob({ dataset, kernels, model, options, folder: join(runs, `seed${seed}`, `block${block}`, model) }),
    );
  }
  return jobs;
}

/** The bundle with new users and items folded in, and nothing trained. */
async function folded(bundle, dataset) {
  const spec = modelOf('bpr-mf');
  const model = spec.create(
    { kernels, train: dataset.train, seed: 0 },
    spec.options.parse({ dim: bundle.manifest.dim }),
  );
  try {
    const began = performance.now();
    const report = await continueFrom(model, bundle, dataset);
    const seconds = (performance.now() - began) / 1000;
    const evaluator = createEvaluator(dataset, evaluation);
    return {
      evaluation: evaluator.test(await rankAll(kernels, model, evaluator.mask.test, evaluator.depth)),
      epochs: 0,
      seconds,
      report,
    };
  } finally {
    model.close();
  }
}

async function distilled(dataset, block, seed, way, teachers, start) {
  say(`seed ${seed}, block ${block}: ${way}`);
  const folder = join(runs, `seed${seed}`, `block${block}`, way.replaceAll(' ', '-'));
  const options = { ...OPTIONS[way], temperature: TEMPERATURE, seed };
  const job = await runJob({
    ...{ dataset, kernels, model: 'bpr-mf', method: 'hetcomp', options, teachers, folder },
    ...(start ? { start } : {}),
  });
  const { epochs, seconds } = job.result;
  return { evaluation: job.evaluation, epochs, seconds, bundle: await readBundle(join(folder, 'student')) };
}

async function runSeed(seed, data) {
  const rows = [];
  let first;
  let last;
  for (const block of BLOCKS) {
    const dataset = data[block];
    const jobs = await teachersOf(dataset, block, seed);
    const teachers = jobs.map((j) => j.teacher);
    const retrained = await distilled(dataset, block, seed, 'retrained', teachers);
    const rankings = jobs.map((j) => j.rankings);
    const fused = fuseRankings(
      rankings,
      parseOptions(importanceOptions, { temperature: TEMPERATURE }, 'ensemble'),
      rankings[0].depth,
    );
    const ensemble = { evaluation: createEvaluator(dataset, evaluation).test(fused) };
    if (block === 0) {
      first = retrained.bundle;
      last = retrained.bundle;
      rows.push({ block, ensemble, retrained });
      continue;
    }
    const from = last;
    const goneOn = (way) => distilled(dataset, block, seed, way, teachers, from);
    const continued = await goneOn('continued');
    last = continued.bundle;
    const along = await goneOn('continued along trajectories');
    const ways = { continued, 'continued along trajectories': along, 'folded in': await folded(first, dataset) };
    rows.push({ block, ensemble, retrained, ...ways });
  }
  return rows;
}

function write(data, seeds) {
  const later = BLOCKS.slice(1);
  const all = (block, way, of) => seeds.map((rows) => of(rows[block][way]));
  const quality = (metric) =>
    table(
      ['', ...later.map((b) => `block ${b}`)],
      [
        ...['ensemble', ...WAYS].map((way) => [
          way,
          ...later.map((b) => spread(all(b, way, (r) => r.evaluation.means[metric]))),
        ]),
      ],
    );
  const cost = table(
    ['', 'epochs', 'seconds'],
    [
      ...WAYS.map((way) => {
        const of = (what) => mean(later.flatMap((b) => all(b, way, (r) => r[what])));
        return [way, of('epochs').toFixed(0), of('seconds').toFixed(1)];
      }),
    ],
  );
  const tests = later.map((b) => {
    const [rows] = seeds;
    const others = WAYS.filter((way) => way !== 'retrained').map((name) => ({
      name,
      evaluation: rows[b][name].evaluation,
    }));
    const found = compare(rows[b].retrained.evaluation, others, { metrics: METRICS, adjust: 'holm' });
    const part = (c) => `${c.name} ${c.metric} ${(100 * c.relativeDifference).toFixed(1)} % (p ${shortP(c.adjustedP)})`;
    return `- block ${b}: ${found.map(part).join(', ')}`;
  });
  const sizes = data.map(({ train, test }, b) => [
    ...[b, train.nUsers, train.nItems, train.indices.length, test.indices.length].map((n) => n.toLocaleString('en')),
    b === 0 ? '' : seeds[0][b]['folded in'].report.users.foldedIn + seeds[0][b]['folded in'].report.users.random,
    b === 0 ? '' : seeds[0][b]['folded in'].report.items.foldedIn + seeds[0][b]['folded in'].report.items.random,
  ]);
  const page = `# A student that goes on

Made by \`npm run continue\` on the six blocks of ccd-yelp, which follow each other in time. At block t everything of the blocks before and the train part
of t is known, teachers (${Object.keys(TEACHERS).join(', ')}) are trained on that from the beginning, and the test part of t is judged. The student (bpr-mf, dim ${STUDENT.dim})
is either the one of block 0 with everybody new **folded in** and nothing trained since, or that of the block before **continued** by HetComp for at most ${CONTINUED.epochs} epochs
(\`distill --continue\`), or **retrained** from the beginning for at most ${OPTIONS.retrained.epochs}; both learn from the final checkpoints alone. **Continued along trajectories** is the same step, but from the easy
checkpoints to the final ones. Mean ± standard deviation over seeds ${SEEDS.join(', ')}.

${table(['block', 'users', 'items', 'train', 'test', 'users since block 0', 'items since block 0'], sizes)}

## R@50
${quality('recall@50')}

## N@50
${quality('ndcg@50')}

## Cost of bringing the student up to date, mean over blocks
${cost}

## Against retraining
Relative difference in seed ${SEEDS[0]}; paired t test over users, Holm over the block.

${tests.join('\n')}
`;
  const plain = seeds.map((rows) =>
    rows.map(({ block, ...ways }) => ({
      block,
      ...Object.fromEntries(
        Object.entries(ways).map(([way, { evaluation: e, epochs, seconds, report }]) => [
          way,
          { ...Object.fromEntries(METRICS.map((m) => [m, e.means[m]])), epochs, seconds, report },
        ]),
      ),
    })),
  );
  writePage('continue', page, { seeds: SEEDS, blocks: plain });
}

const temporary = mkdtempSync(join(tmpdir(), 'recdistill-blocks-'));
try {
  const data = await states(temporary);
  const seeds = [];
  const chosen = flags.seed === undefined ? SEEDS : [Number(flags.seed)];
  for (const seed of chosen) seeds.push(await runSeed(seed, data));
  if (flags.seed === undefined) write(data, seeds);
} finally {
  kernels.close();
  rmSync(temporary, { recursive: true });
}
