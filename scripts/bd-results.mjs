// Writes docs/results/bd-DATA.md and .json: bidirectional distillation under the correct protocol, beside both models apart, one-way methods and ablations.
//   npm run bd-results -- citeulike-derrd|foursquare [--runs FOLDER] [--threads N] [--seed N]
// With --seed N only that seed is trained and nothing is written, so that seeds can be trained side by side; the search runs in seed 0 only and must be
// finished first (--seed 0). What is finished is read back.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKernels } from 'recdistill';
import { loadDataset } from 'recdistill/data';
import { aheadTables, analysed } from './_ahead.mjs';
import {
  DIMS,
  jobs,
  line,
  means,
  ROLES,
  searched,
  searchTable,
  slug,
  TITLES,
  tested,
  testTable,
  valid,
} from './_bd.mjs';
import { short, spread, table, writePage } from './_tables.mjs';

const SEEDS = [0, 1, 2];
const MODEL = 'bpr-mf';
/**
 * What is tried on valid in the first seed: weight decay of each model apart; of each method the weight of what it teaches (at weight decay `startL2`, none =
 * that of the student alone), then weight decay (`l2`, none = `taughtL2`); `more`: its further options. `further`: ablations and other sizes, in the first seed.
 */
const SETS = {
  'citeulike-derrd': {
    data: { data: 'citeulike-derrd' },
    learning: { batchSize: 1024, learningRate: 0.002 },
    l2: [0.0003, 0.001, 0.003, 0.01, 0.03],
    oneWay: {
      rd: { lambda: [0.3, 1, 3, 10, 30] },
      cd: { lambda: [0.1, 0.3, 1, 3, 10] },
      rrd: { lambda: [0.01, 0.03, 0.1, 0.3, 1] },
      de: { lambda: [0.01, 0.03, 0.1, 0.3, 1] },
    },
    taughtL2: [0.0003, 0.001, 0.003, 0.01],
    bd: {
      draws: ['intended 1', 'intended 5', 'top 1', 'top 5'],
      teacherLambda: [0.02, 0.1, 0.5, 2],
      studentLambda: [0.02, 0.1, 0.5, 2],
      teacherL2: [0.0003, 0.001, 0.003, 0.01],
      studentL2: [0.0003, 0.001, 0.003, 0.01],
    },
    phase: {},
    trial: {},
    further: true,
  },
  // What is tried is less, as a run takes minutes: what has one value is what citeulike-derrd chose.
  foursquare: {
    data: { data: 'foursquare', split: 'leave-one-out', holdOut: 'random' },
    learning: { batchSize: 4096, learningRate: 0.0033, evaluateEvery: 5 },
    // With the patience of the teacher it stops long before it is at its best.
    student: { patience: 10 },
    l2: [0.001, 0.003, 0.01],
    oneWay: {
      rd: { lambda: [0.3, 10], l2: [0.001, 0.003] },
      cd: { lambda: [0.03, 0.1, 0.3], l2: [0.001, 0.003] },
      // As the search of the page on methods found for it; with the settings of the others it ends below the student alone.
      rrd: { lambda: [0.1, 0.3, 1], l2: [0.00003, 0.0001, 0.0003], startL2: 0.0001, more: { learningRate: 0.015 } },
      // With 30 experts, the default, an epoch takes as long as forty of the student alone.
      de: { lambda: [0.1, 1, 3], l2: [0.001, 0.003], more: { experts: 5 } },
    },
    bd: {
      // With as much for the teacher as for the student, what harms the teacher least would decide what is drawn for both.
      start: { teacherLambda: 0.02 },
      draws: ['intended 1', 'intended 5', 'top 1'],
      teacherLambda: [0.02, 0.1],
      studentLambda: [0.5, 2],
      studentL2: [0.001, 0.003, 0.01],
    },
    phase: { evaluateEvery: 5, patience: 6 },
    trial: { patience: 4 },
    further: false,
  },
};
/** Each changes what the search chose; what it chose itself is none. */
const ABLATIONS = {
  'teacher to student only': { direction: 'to-student' },
  'student to teacher only': { direction: 'to-teacher' },
  'sampling intended': { sampling: 'intended' },
  'sampling swapped': { sampling: 'swapped' },
  'sampling reference': { sampling: 'published' },
  'sampling top': { sampling: 'top' },
  'sampling uniform': { sampling: 'uniform' },
  'update 1': { update: 1 },
  'update 50': { update: 50 },
  'temperatures 1': { teacherTemperature: 1, studentTemperature: 1 },
  'temperatures 5': { teacherTemperature: 5, studentTemperature: 5 },
  'temperatures 10': { teacherTemperature: 10, studentTemperature: 10 },
  'lazy-adam': { optimizer: 'lazy-adam' },
};
const SIZES = [10, 25, 50];

const {
  values: flags,
  positionals: [name],
} = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, threads: { type: 'string' }, seed: { type: 'string' } },
});
const set = SETS[name];
if (set === undefined) {
  console.error(`which data set? ${Object.keys(SETS).join(' or ')}`);
  process.exit(2);
}
const runs = join(flags.runs ?? join('runs', 'bd-results'), name);
const kernels = createKernels(flags.threads === undefined ? {} : { threads: Number(flags.threads) });
const dataset = await loadDataset(set.data);
const { apart, oneWay, together, bestAfter, searchPhase } = jobs({ dataset, kernels, runs, phase: set.phase });

const alone = (role, l2, seed, where, dim = DIMS[role]) =>
  apart(MODEL, role, { ...set.learning, ...set[role], dim, l2 }, seed, where);

function taught(method, lambda, l2, teacher, seed, where) {
  const options = { ...set.learning, ...set.student, ...set.oneWay[method].more, dim: DIMS.student, l2, lambda };
  return oneWay(MODEL, method, options, teacher, seed, where);
}

/** What seed 0 finds for everybody. */
async function search() {
  const file = join(runs, 'search.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const found = {};
  const own = {};
  for (const role of ROLES) {
    const of = (l2) => alone(role, l2, 0, `search/${role}-${l2}`);
    found[role] = await searched(set.l2, async (l2) => valid((await of(l2)).job));
    own[role] = await of(found[role].best);
  }
  const bd = await searchPhase(own, set.bd, 'search', set.trial);
  for (const [method, tried] of Object.entries(set.oneWay)) {
    const of = async (lambda, l2) =>
      valid(await taught(method, lambda, l2, own.teacher, 0, `search/${method}-${lambda}-l2-${l2}`));
    found[method] = await searched(tried.lambda, (lambda) => of(lambda, tried.startL2 ?? found.student.best));
    found[`${method}, l2`] = await searched(tried.l2 ?? set.taughtL2, (l2) => of(found[method].best, l2));
  }
  const all = { found: { ...found, ...bd.found }, settings: bd.settings };
  mkdirSync(runs, { recursive: true });
  writeFileSync(file, `${JSON.stringify(all, null, 1)}\n`);
  return all;
}

/** A student of another size with the weight decay that suits it. */
async function studentOf(dim, seed) {
  const of = (l2) => alone('student', l2, seed, `seed${seed}/student-of-dim-${dim}-${l2}`, dim);
  const { best } = await searched(set.taughtL2, async (l2) => valid((await of(l2)).job));
  return of(best);
}

/** Evaluations by the name of the row, and what became of both on valid. */
async function runSeed(seed, { found, settings }) {
  const at = (what) => `seed${seed}/${slug(what)}`;
  const teacher = await alone('teacher', found.teacher.best, seed, at('teacher'));
  const student = await alone('student', found.student.best, seed, at('student'));
  const rows = { 'teacher before': teacher.job.evaluation, 'student before': student.job.evaluation };
  const further = { before: { teacher: valid(teacher.job), student: valid(student.job) } };
  const keep = async (what, options, own = student) => {
    const done = await together(teacher, own, options, seed, at(what));
    rows[`teacher ${what}`] = done.teacher.evaluation;
    rows[`student ${what}`] = done.student.evaluation;
    further[what] = Object.fromEntries(ROLES.map((role) => [role, bestAfter(at(what), role)]));
  };
  // As long as with each other, so that more epochs are not what makes the difference.
  await keep('trained longer', { teacherLambda: 0, studentLambda: 0 });
  for (const method of Object.keys(set.oneWay)) {
    const job = await taught(method, found[method].best, found[`${method}, l2`].best, teacher, seed, at(method));
    rows[`student by ${method}`] = job.evaluation;
  }
  await keep('by bd', settings);
  const phases = ['before', 'trained longer', 'by bd'];
  const onValid = Object.fromEntries(ROLES.map((role) => [role, phases.map((what) => further[what][role])]));
  const folders = { teacher: at('teacher'), student: at('student'), phase: at('by bd') };
  const inRuns = Object.fromEntries(Object.entries(folders).map(([what, folder]) => [what, join(runs, folder)]));
  const analysis = await analysed({ kernels, dataset }, inRuns);
  if (!set.further || seed !== SEEDS[0]) return { rows, onValid, analysis };
  for (const [what, more] of Object.entries(ABLATIONS)) {
    const chosen = Object.entries(more).every(([option, value]) => settings[option] === value);
    if (!chosen) await keep(`by bd, ${what}`, { ...settings, ...more });
  }
  for (const dim of SIZES) {
    const own = await studentOf(dim, seed);
    rows[`student of dim ${dim} before`] = own.job.evaluation;
    further[`of dim ${dim} before`] = { student: valid(own.job) };
    await keep(`by bd, student of dim ${dim}`, { ...settings, studentL2: own.job.result.options.l2 }, own);
  }
  return { rows, onValid, analysis, further };
}

const searches = await search();
const done = [];
for (const seed of flags.seed === undefined ? SEEDS : [Number(flags.seed)]) done.push(await runSeed(seed, searches));
kernels.close();
if (flags.seed !== undefined) process.exit(0);
const all = done.map(({ rows }) => rows);
const isFurther = (row) => row.includes(',') || row.includes('of dim');
const main = Object.keys(all[0]).filter((row) => !isFurther(row));
const { further = {} } = done[0];
/** A setting of the first seed: both on valid, the start left out, and what was kept on test. */
function furtherRow(what) {
  const onTest = ROLES.flatMap((role) =>
    ['recall@50', 'ndcg@50']
      .map((m) => all[0][`${role} ${what}`]?.means[m])
      .map((v) => (v === undefined ? '' : short(v))),
  );
  return [
    what,
    ...ROLES.map((role) => (further[what][role] === undefined ? '' : short(further[what][role]))),
    ...onTest,
  ];
}
const students = Object.keys(set.oneWay).map((method) => `student by ${method}`);
const more = Object.entries(set.oneWay).flatMap(([method, { more: own = {} }]) =>
  Object.entries(own).map(([option, value]) => `${method} ${option} ${value}`),
);
const { train, test } = dataset;
const page = `# Bidirectional distillation on ${name}

Made by \`npm run bd-results -- ${name}\`. ${train.nUsers.toLocaleString('en')} users, ${train.nItems.toLocaleString('en')} items, one test item held out of each user at random
(${test.indices.length.toLocaleString('en')} in all); full ranking, train and valid items masked, settings and epochs chosen on valid. ${MODEL} of dim ${DIMS.teacher} teaches ${MODEL} of dim ${DIMS.student}.
"Trained longer" is the phase of bd with both weights 0. Mean ± standard deviation over seeds ${SEEDS.join(', ')}.

${table(
  ['', ...TITLES],
  main.map((row) => line(all, row)),
)}

On valid, H@50, the start of both phases left out (the rows above may keep it):

${table(
  ['', 'before', 'trained longer', 'by bd'],
  ROLES.map((role) => [role, ...[0, 1, 2].map((n) => spread(done.map(({ onValid }) => onValid[role][n])))]),
)}

## Is it better?
Each user's mean over the seeds; paired t test, Holm over the block.

${testTable([
  ...tested(all, 'teacher by bd', ['teacher before', 'teacher trained longer']),
  ...tested(all, 'student by bd', ['student before', 'student trained longer', ...students]),
])}

## Who is ahead
Means over the seeds, before and after the phase of bd.

${aheadTables(done.map(({ analysis }) => analysis))}
${
  Object.keys(further).length === 0
    ? ''
    : `
## Ablations
Seed ${SEEDS[0]}: both on valid by H@50, the start of the phase left out, and on test, where a model that became no better is the one it was. Students of other sizes have a weight decay of their own.

${table(
  ['', 'teacher, valid', 'student, valid', 'teacher H@50', 'teacher N@50', 'student H@50', 'student N@50'],
  Object.keys(further).map(furtherRow),
)}
`
}
## Settings
By recall@50 on valid in seed ${SEEDS[0]}, one thing after the other; of bd relative to what the models were, of both, or of the one that it is about.${more.length > 0 ? ` Set beforehand: ${more.join(', ')}.` : ''}

${searchTable(searches.found)}
`;
writePage(`bd-${name}`, page, {
  data: name,
  seeds: SEEDS,
  search: searches,
  rows: means(all),
  onValid: done.map((d) => d.onValid),
  analyses: done.map((d) => d.analysis),
  further,
});
