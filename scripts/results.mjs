// Writes docs/results/DATA.md and DATA.json: all models with the preset of that data set, three seeds each.
//   npm run results -- DATA [--runs FOLDER] [--threads N]
// What is finished is read back, so a run that was stopped goes on when the same command is given again. With --seed N only that seed is
// trained and nothing is written, so that seeds can be trained side by side or on several machines.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKernels } from 'recdistill';
import { fuseRankings, importanceOptions } from 'recdistill/distill';
import { compare, createEvaluator } from 'recdistill/eval';
import { readPreset, runPipeline } from 'recdistill/experiment';
import { modelOf } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import { readFinishedRun } from 'recdistill/runs';
import { short, shortP, spread, table, writePage } from './_tables.mjs';

const SEEDS = [0, 1, 2];
const BASELINES = ['top-pop', 'item-knn', 'rp3beta', 'ease', 'ials'];
const TEACHERS = ['bpr-mf', 'cml', 'neumf', 'lightgcn', 'mult-vae', 'item-autoencoder'];
const ALONE = ['cdae'];
const METRICS = ['recall@10', 'ndcg@10', 'recall@50', 'ndcg@50'];
const TITLES = ['R@10', 'N@10', 'R@50', 'N@50'];

const {
  values: flags,
  positionals: [data],
} = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, threads: { type: 'string' }, seed: { type: 'string' } },
});
const runs = flags.runs ?? join('runs', 'results');
if (data === undefined) {
  console.error('which data set? For example: npm run results -- citeulike-hetcomp-split');
  process.exit(2);
}
const preset = readPreset(data);
const say = (text) => process.stderr.write(`${text}\n`);
const hasSeed = (model) => 'seed' in modelOf(model).options.shape;

/** One pipeline for each seed; a model without a seed is computed once. */
async function runSeed(seed, kernels) {
  const entry = (model) => ({ model, ...(hasSeed(model) ? { seed } : {}) });
  const baselines = [...BASELINES, ...ALONE].filter((model) => seed === SEEDS[0] || hasSeed(model));
  const options = {
    ...{ name: `${data}-seed${seed}`, data: { data }, preset: data },
    baselines: baselines.map(entry),
    teachers: TEACHERS.map(entry),
    evaluation: { at: [10, 50] },
  };
  const listen = (event) => {
    if (event.type === 'started') say(`seed ${seed}: ${event.job} (${event.at} of ${event.of})`);
    if (event.type !== 'finished') return;
    for (const { evaluation } of event.results)
      say(`  ${METRICS.map((m) => evaluation.means[m].toFixed(4)).join('  ')}`);
  };
  return runPipeline(options, { kernels, runs, listen });
}

function summary(results) {
  const names = results[0].rows.map((row) => row.name);
  return names.map((name) => {
    const rows = results.flatMap((r) => r.rows.filter((row) => row.name === name));
    const values = Object.fromEntries(METRICS.map((m) => [m, rows.map((row) => row.evaluation.means[m])]));
    const { role, parameters } = rows[0];
    return {
      name,
      role: ALONE.includes(name) ? 'model' : role,
      parameters,
      seconds: rows.map((r) => r.seconds),
      values,
    };
  });
}

const modelTable = (rows) =>
  table(
    ['', 'model', ...TITLES, 'parameters'],
    rows.map((row) => [
      ...[row.role, row.name, ...METRICS.map((m) => spread(row.values[m]))],
      row.parameters.toLocaleString('en'),
    ]),
  );

/** Each teacher against the simple baselines, user by user, in the first seed. */
function againstBaselines([{ rows }]) {
  const of = (names) => rows.filter((row) => names.includes(row.name));
  const strong = of(BASELINES.filter((name) => name !== 'top-pop'));
  const found = strong.map((base) =>
    compare(base.evaluation, of(TEACHERS), { metrics: ['recall@50'], adjust: 'holm' }),
  );
  const cell = (c) =>
    `${c.relativeDifference >= 0 ? '+' : ''}${(100 * c.relativeDifference).toFixed(1)} %${c.adjustedP < 0.05 ? '' : ' (n.s.)'}`;
  return table(
    ['teacher', ...strong.map((base) => `against ${base.name}`)],
    TEACHERS.map((name) => [name, ...found.map((list) => cell(list.find((c) => c.name === name)))]),
  );
}

/** The ensemble, its best member, and what it is without each of its members. */
function ensembles(results) {
  const titles = ['ensemble', ...TITLES.slice(2)];
  const lists = results.map(({ rows, dataset }) => ({
    evaluator: createEvaluator(dataset, { at: [10, 50], selectBy: 'recall@50' }),
    rankings: Object.fromEntries(
      rows.filter((r) => r.role === 'teacher').map((r) => [r.name, readFinishedRun(r.folder).rankings]),
    ),
  }));
  const fused = (names) =>
    lists.map(({ evaluator, rankings }) => {
      const chosen = names.map((name) => rankings[name]);
      return evaluator.test(fuseRankings(chosen, parseOptions(importanceOptions, {}, 'ensemble'), chosen[0].depth))
        .means;
    });
  const line = (title, names) => {
    const means = fused(names);
    return [title, ...METRICS.slice(2).map((m) => spread(means.map((v) => v[m])))];
  };
  return table(titles, [
    line('all six', TEACHERS),
    ...TEACHERS.map((name) =>
      line(
        `without ${name}`,
        TEACHERS.filter((t) => t !== name),
      ),
    ),
  ]);
}

function bestMember(results) {
  const value = (row) => row.evaluation.means['recall@50'];
  const sentences = results.map(({ rows }, at) => {
    const best = rows.filter((r) => r.role === 'teacher').reduce((a, b) => (value(b) > value(a) ? b : a));
    const ensemble = rows.find((r) => r.role === 'ensemble');
    const found = compare(best.evaluation, [ensemble], { metrics: ['recall@50', 'ndcg@50'], adjust: 'holm' });
    const parts = found.map(
      (c, n) => `${['R@50', 'N@50'][n]} ${(100 * c.relativeDifference).toFixed(1)} % (p ${shortP(c.adjustedP)})`,
    );
    return `- seed ${SEEDS[at]}, against its best member ${best.name}: ${parts.join(', ')}`;
  });
  return sentences.join('\n');
}

const settings = () =>
  table(
    ['model', 'settings', 'valid', 'trials', 'epochs searched', 'seconds'],
    Object.entries(preset.models).map(([name, m]) => [
      name,
      Object.entries(m.options)
        .map(([key, value]) => `${key} ${value}`)
        .join(', '),
      ...[
        m.valid === undefined ? '' : short(m.valid),
        m.trials ?? '',
        m.epochs ?? '',
        m.seconds === undefined ? '' : Math.round(m.seconds),
      ],
    ]),
  );

const kernels = createKernels(flags.threads === undefined ? {} : { threads: Number(flags.threads) });
const results = [];
for (const seed of flags.seed === undefined ? SEEDS : [Number(flags.seed)]) results.push(await runSeed(seed, kernels));
kernels.close();
if (flags.seed !== undefined) process.exit(0);
const rows = summary(results);
const { train, test } = results[0].dataset;
const tested = results[0].rows[0].evaluation.users.length;
const page = `# Results on ${data}

Made by \`npm run results -- ${data}\`. ${train.nUsers.toLocaleString('en')} users, ${train.nItems.toLocaleString('en')} items,
${train.indices.length.toLocaleString('en')} train and ${test.indices.length.toLocaleString('en')} test interactions; ${tested.toLocaleString('en')} users are evaluated. Full ranking of all items, train and valid
items masked, mean over users; settings and best epoch chosen on valid. Mean ± standard deviation over seeds ${SEEDS.join(', ')};
models without anything random stand alone.

${modelTable(rows)}

## Teachers against simple baselines
R@50, relative difference in seed ${SEEDS[0]}; paired t test over users, Holm over the column; n.s. = not significant at .05.

${againstBaselines(results)}

## The ensemble
Equal weights, importance of ranks ([options](../options.md#ensemble)).

${ensembles(results)}

${bestMember(results)}

## Settings
The preset \`${data}\`, and what its search took ([tuning](../tuning.md)).

${settings()}
`;
writePage(data, page, { data, fingerprint: results[0].dataset.fingerprint, seeds: SEEDS, rows });
