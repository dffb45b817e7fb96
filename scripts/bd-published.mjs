// Writes docs/results/bd-published.md and .json: bidirectional distillation under the protocol of its published code, beside the figures that code printed.
//   npm run bd-published -- [--runs FOLDER] [--threads N] [bpr-mf|cdae] [--variant WORD] [--seed N]
// With a model, a variant or a seed only that is trained and nothing is written, so that they can be trained side by side. What is finished is read back.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKernels } from 'recdistill';
import { loadDataset } from 'recdistill/data';
import { readHistory } from 'recdistill/report';
import { coTrain, readSavedModel, runJob } from 'recdistill/runs';
import { aheadTables, analysed } from './_ahead.mjs';
import { means, ROLES, tested, testTable } from './_bd.mjs';
import { mean, short, spread, table, writePage } from './_tables.mjs';

const DATA = 'citeulike-bd';
const METRICS = ['bd-hit-rate', 'bd-ndcg'].flatMap((m) => [50, 100, 200].map((k) => `${m}@${k}`));
const TITLES = ['H@50', 'H@100', 'H@200', 'N@50', 'N@100', 'N@200'];
const WARM = { epochs: 1000, evaluateEvery: 1000, batchSize: 128 };
/** What is set beside the printed figures; `folder` of the phase, as two begin from the same models. */
const VARIANTS = {
  published: { title: 'as published', avoid: 'held-out', folder: 'bd', bd: {} },
  clean: { title: 'without the leak', avoid: 'train', folder: 'bd', bd: {} },
  alone: {
    title: 'without the leak, nor distillation',
    avoid: 'train',
    folder: 'alone',
    bd: { teacherLambda: 0, studentLambda: 0 },
  },
};
/** Sizes and settings of the notebooks; `printed` are their figures by epoch of the phase, 0 = before it; `seeds` by variant. */
const PAIRS = {
  'bpr-mf': {
    shared: { ...WARM, initScale: 1, learningRate: 0.001 },
    teacher: { dim: 50, l2: 0.001 },
    student: { dim: 5, l2: 0 },
    bd: { epochs: 100, evaluateEvery: 50 },
    seeds: { published: [0, 1, 2], clean: [0, 1, 2], alone: [0] },
    printed: {
      0: {
        teacher: [0.1152, 0.1774, 0.2684, 0.0286, 0.0386, 0.0513],
        student: [0.068, 0.1106, 0.1757, 0.0159, 0.0228, 0.0319],
      },
      50: {
        teacher: [0.1422, 0.2159, 0.3114, 0.0409, 0.0528, 0.0661],
        student: [0.0879, 0.1307, 0.1933, 0.0224, 0.0293, 0.0381],
      },
      100: {
        teacher: [0.1429, 0.2219, 0.3232, 0.0412, 0.054, 0.0681],
        student: [0.0849, 0.1257, 0.1997, 0.0223, 0.0289, 0.0392],
      },
    },
  },
  cdae: {
    shared: { ...WARM, learningRate: 0.002, l2: 0.001, negatives: 5, dropout: 0.5 },
    teacher: { dim: 50 },
    student: { dim: 5 },
    bd: { epochs: 1000, evaluateEvery: 100, teacherTemperature: 2, studentTemperature: 2, epsilonTanh: 1e-4 },
    seeds: { published: [0, 1, 2], clean: [0, 1, 2], alone: [0] },
    printed: {
      0: {
        teacher: [0.1797, 0.2409, 0.3131, 0.0497, 0.0596, 0.0697],
        student: [0.0805, 0.129, 0.1859, 0.0238, 0.0316, 0.0395],
      },
      500: {
        teacher: [0.1949, 0.2617, 0.3275, 0.0548, 0.0656, 0.0748],
        student: [0.0958, 0.1489, 0.2202, 0.0289, 0.0375, 0.0475],
      },
      1000: {
        teacher: [0.1939, 0.2575, 0.3259, 0.0557, 0.0661, 0.0756],
        student: [0.101, 0.156, 0.2284, 0.03, 0.0389, 0.0489],
      },
    },
  },
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    threads: { type: 'string' },
    variant: { type: 'string' },
    seed: { type: 'string' },
  },
});
const chosen = positionals.length > 0 ? positionals : Object.keys(PAIRS);
const variants = flags.variant === undefined ? Object.keys(VARIANTS) : [flags.variant];
for (const [what, words, known] of [
  ['published table for', chosen, PAIRS],
  ['variant', variants, VARIANTS],
]) {
  const stray = words.find((word) => !(word in known));
  if (stray !== undefined) {
    console.error(`there is no ${what} ${stray}; there are ${Object.keys(known).join(', ')}`);
    process.exit(2);
  }
}
const only = positionals.length > 0 || flags.variant !== undefined || flags.seed !== undefined;
const runs = flags.runs ?? join('runs', 'bd-published');
const kernels = createKernels(flags.threads === undefined ? {} : { threads: Number(flags.threads) });
const dataset = await loadDataset({ data: DATA });
const say = (text) => process.stderr.write(`${text}\n`);

/** Metrics by epoch of the phase, of teacher and student. */
async function runPair(model, variant, seed) {
  const { shared, bd, ...sizes } = PAIRS[model];
  const { avoid, folder, bd: more } = VARIANTS[variant];
  const at = join(runs, `${model}-${avoid}-seed${seed}`);
  const folders = { phase: join(at, folder) };
  const saved = {};
  const rows = {};
  for (const role of ROLES) {
    say(`${model}, ${variant}, seed ${seed}: warm-up of the ${role}`);
    folders[role] = join(at, `${role}-before`);
    // One seed each, as two models that begin alike would learn alike.
    const options = { ...shared, ...sizes[role], avoid, seed: 2 * seed + (role === 'teacher' ? 0 : 1) };
    const job = await runJob({ dataset, kernels, model, options, folder: folders[role] });
    rows[`${role} before`] = job.evaluation;
    saved[role] = readSavedModel(folders[role]);
  }
  say(`${model}, ${variant}, seed ${seed}: both together`);
  const options = { protocol: 'published', ...bd, ...more, patience: 10_000, seed };
  const outcome = await coTrain({ dataset, kernels, method: 'bd', ...saved, options, folder: folders.phase });
  for (const role of ROLES) rows[`${role} ${variant === 'alone' ? 'alone' : 'by bd'}`] = outcome[role].evaluation;
  const curve = (role) =>
    Object.fromEntries(
      readHistory(join(folders.phase, role)).valid.map(({ epoch, metrics }) => [
        epoch,
        METRICS.map((name) => metrics[name]),
      ]),
    );
  const analysis = await analysed({ kernels, dataset }, folders);
  return { teacher: curve('teacher'), student: curve('student'), analysis, rows };
}

/** Of one model, user by user: the phase against what was before it, and against the phase without distillation. */
function testsOf({ clean, alone }) {
  const all = clean.map(({ rows }, n) => ({ ...alone[n]?.rows, ...rows }));
  return ROLES.flatMap((role) =>
    ['before', 'alone'].flatMap((what) => tested(all, `${role} by bd`, [`${role} ${what}`])),
  );
}

/** @param found by variant, of each seed */
function tableOf(model, found) {
  const { printed } = PAIRS[model];
  const rows = [];
  const gaps = Object.fromEntries(Object.keys(found).map((variant) => [variant, []]));
  for (const [epoch, both] of Object.entries(printed)) {
    for (const role of ROLES) {
      rows.push([epoch, role, 'printed', ...both[role].map(short)]);
      for (const [variant, seeds] of Object.entries(found)) {
        const values = METRICS.map((_, m) => seeds.map((s) => s[role][epoch][m]));
        rows.push([epoch, role, VARIANTS[variant].title, ...values.map(spread)]);
        if (epoch === '0') continue;
        values.forEach((v, m) => {
          const goal = both[role][m];
          const text = `${role} ${TITLES[m]} at ${epoch} (${short(mean(v))}, printed ${short(goal)})`;
          gaps[variant].push({ gap: goal - mean(v), text });
        });
      }
    }
  }
  const verdicts = ['published', 'clean'].map((variant) => {
    const reached = gaps[variant].filter(({ gap }) => gap <= 0).length;
    const furthest = gaps[variant].reduce((a, b) => (b.gap > a.gap ? b : a));
    return `${VARIANTS[variant].title}, ${reached} of ${gaps[variant].length} are reached or beaten, and the furthest behind is ${furthest.text}`;
  });
  return `${table(['epoch of the phase', '', '', ...TITLES], rows)}

Of the printed figures after the phase, in the mean over seeds: ${verdicts.join('; ')}.

By ordinary ranks, without the leak, means over users; "alone" is without distillation; paired t test, Holm over each two rows:

${testTable(testsOf(found))}

${aheadTables(found.clean.map(({ analysis }) => analysis))}`;
}

const found = {};
for (const model of chosen) {
  found[model] = {};
  for (const variant of variants) {
    found[model][variant] = [];
    const seeds = flags.seed === undefined ? PAIRS[model].seeds[variant] : [Number(flags.seed)];
    for (const seed of seeds) found[model][variant].push(await runPair(model, variant, seed));
  }
}
kernels.close();
if (only) process.exit(0);
const page = `# Bidirectional distillation beside its printed figures

Made by \`npm run bd-published\` on ${DATA}, under the protocol of the published code ([what that is](../methods/bd.md#to-compare-with-the-published-numbers)): its sizes (50 and 5),
epochs, settings and quirks of measuring; test metrics, nothing selected. Mean ± standard deviation over seeds where there are several; the code printed one run, and two of its versions differ
by .003 to .006 in H@50. These figures compare with nothing but each other.

- as published: valid and test items are never drawn as negatives, as there (\`--avoid held-out\`).
- without the leak: only train items are spared.
- without the leak, nor distillation: the same phase with both weights 0, in which each model learns on alone with negatives of its own, without weight decay.

${Object.entries(found)
  .map(([model, variants]) => `## ${model}\n${tableOf(model, variants)}`)
  .join('\n\n')}
`;
const withoutUsers = (seeds) => seeds.map(({ rows, ...seed }) => ({ ...seed, means: means([rows])[0] }));
const models = Object.entries(found).map(([model, variants]) => [
  model,
  Object.fromEntries(Object.entries(variants).map(([variant, seeds]) => [variant, withoutUsers(seeds)])),
]);
writePage('bd-published', page, { data: DATA, metrics: METRICS, models: Object.fromEntries(models) });
