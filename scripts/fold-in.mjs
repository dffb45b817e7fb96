// Writes docs/results/fold-in.md and fold-in.json: users who were hidden from training, folded in from their history, against the same users trained.
//   npm run fold-in -- [DATA] [--runs FOLDER] [--threads N] [--seed N]
// What is finished is read back; with --seed N only that seed is trained and nothing is written, so that seeds can be trained side by side.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKernels } from 'recdistill';
import { readBundle } from 'recdistill/bundle';
import { loadDataset } from 'recdistill/data';
import { createEvaluator, evaluationOptions } from 'recdistill/eval';
import { modelOf, rankAll } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import { continueFrom, runJob } from 'recdistill/runs';
import { short, spread, table, writePage } from './_tables.mjs';

const HIDDEN_EVERY = 5;
const SEEDS = [0, 1, 2];
const SHARES = [1, 0.5, 0.25];
const METRICS = ['recall@50', 'ndcg@50'];
const TEACHERS = ['ease', 'ials'];
const STUDENTS = [
  { name: 'bpr-mf', method: 'none', options: { dim: 32 } },
  { name: 'bpr-mf with hetcomp', method: 'hetcomp', options: { dim: 32, epochs: 100 } },
];

const {
  values: flags,
  positionals: [data = 'citeulike-hetcomp-split'],
} = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, threads: { type: 'string' }, seed: { type: 'string' } },
});
const runs = flags.runs ?? join('runs', 'fold-in');
const kernels = createKernels(flags.threads === undefined ? {} : { threads: Number(flags.threads) });
const evaluation = parseOptions(evaluationOptions, {}, 'evaluation');
const whole = await loadDataset({ data });
const evaluator = createEvaluator(whole, evaluation);
const isHidden = (user) => user % HIDDEN_EVERY === 0;
const rowOf = (part, u) => part.indices.subarray(part.indptr[u], part.indptr[u + 1]);

/** The data set without the hidden users. */
async function withoutHidden(folder) {
  mkdirSync(folder, { recursive: true });
  for (const part of ['train', 'valid', 'test']) {
    const lines = whole.users.ids.flatMap((user, u) =>
      isHidden(u) ? [] : Array.from(rowOf(whole[part], u), (i) => `${user}\t${whole.items.ids[i]}`),
    );
    writeFileSync(join(folder, `${part}.tsv`), `user\titem\n${lines.join('\n')}\n`);
  }
  return loadDataset({ data: folder });
}

/** What is known of the hidden users: a share of each one's train items, at least one; nobody else. */
function historyOf(share) {
  const { users, items } = whole.train;
  const rows = Array.from({ length: users }, (_, u) => {
    const own = rowOf(whole.train, u);
    return isHidden(u) ? own.filter((_, n) => n % Math.round(1 / share) === 0) : own;
  });
  const indptr = new Int32Array(users + 1);
  for (const [u, row] of rows.entries()) indptr[u + 1] = indptr[u] + row.length;
  return { users, items, indptr, indices: Int32Array.from(rows.flatMap((row) => [...row])) };
}

/** Means over the hidden users. */
function ofHidden(found) {
  const at = [...found.users.keys()].filter((n) => isHidden(found.users[n]));
  const mean = (values) => at.reduce((sum, n) => sum + values[n], 0) / at.length;
  return { users: at.length, ...Object.fromEntries(METRICS.map((m) => [m, mean(found.perUser[m])])) };
}

async function foldedIn(bundle, share) {
  const spec = modelOf('bpr-mf');
  const context = { kernels, train: whole.train, seed: 0 };
  const model = spec.create(context, spec.options.parse({ dim: bundle.manifest.dim }));
  try {
    await continueFrom(model, bundle, { ...whole, train: historyOf(share) });
    return ofHidden(evaluator.test(await rankAll(kernels, model, evaluator.mask.test, evaluator.depth)));
  } finally {
    model.close();
  }
}

async function job(dataset, where, { name, method, options }, seed) {
  process.stderr.write(`seed ${seed}, ${where}: ${name}\n`);
  const folder = (model) => join(runs, `seed${seed}`, where, model.replaceAll(' ', '-'));
  const seeded = (model) => ('seed' in modelOf(model).options.shape ? { seed } : {});
  const teachers = [];
  for (const model of method === 'none' ? [] : TEACHERS) {
    teachers.push(await runJob({ dataset, kernels, model, options: seeded(model), folder: folder(model) }));
  }
  const request = { dataset, kernels, model: 'bpr-mf', method, options: { ...options, seed }, folder: folder(name) };
  const done = await runJob({ ...request, teachers: teachers.map((t) => t.teacher) });
  return { evaluation: done.evaluation, bundle: await readBundle(join(folder(name), 'student')) };
}

function write(found, popular) {
  const lines = found.flatMap(({ student, seeds }) => {
    const line = (what, of) => [student, what, ...METRICS.map((m) => spread(seeds.map((s) => of(s)[m])))];
    return [
      line('trained', (s) => s.trained),
      ...SHARES.map((share) =>
        line(`folded in from ${share === 1 ? 'all' : `${100 * share} %`} of their train items`, (s) => s.folded[share]),
      ),
    ];
  });
  const rows = [['top-pop', 'the same list for all', ...METRICS.map((m) => short(popular[m]))], ...lines];
  const page = `# Fold-in against training

Made by \`npm run fold-in -- ${data}\`. Every ${HIDDEN_EVERY}th user of ${data} (${popular.users} with test items) is hidden from training, then folded in by
least squares from what they have ([how](../student.md)), and judged on their test items beside the same users in a student that was trained with them. Students have dim ${STUDENTS[0].options.dim};
the teachers of hetcomp are ${TEACHERS.join(' and ')}, which see the hidden users no more than the student does. Mean ± standard deviation over seeds ${SEEDS.join(', ')}.

${table(['student', 'the hidden users', 'R@50', 'N@50'], rows)}
`;
  writePage('fold-in', page, { data, seeds: SEEDS, popular, found });
}

const temporary = mkdtempSync(join(tmpdir(), 'recdistill-fold-in-'));
try {
  const base = await withoutHidden(join(temporary, 'without'));
  const popular = ofHidden((await runJob({ dataset: whole, kernels, model: 'top-pop' })).evaluation);
  const found = [];
  for (const student of STUDENTS) {
    const seeds = [];
    for (const seed of flags.seed === undefined ? SEEDS : [Number(flags.seed)]) {
      const trained = await job(whole, 'everybody', student, seed);
      const { bundle } = await job(base, 'without-hidden', student, seed);
      const folded = {};
      for (const share of SHARES) folded[share] = await foldedIn(bundle, share);
      seeds.push({ trained: ofHidden(trained.evaluation), folded });
    }
    found.push({ student: student.name, seeds });
  }
  if (flags.seed === undefined) write(found, popular);
} finally {
  kernels.close();
  rmSync(temporary, { recursive: true });
}
