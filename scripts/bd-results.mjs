// Writes docs/results/bd-DATA.md and .json: bidirectional distillation under the correct protocol, beside both models apart, one-way methods and ablations.
//   npm run bd-results -- citeulike-derrd|foursquare [--runs FOLDER] [--threads N] [--seed N]
// With --seed N only that seed is trained and nothing is written, so that seeds can be trained side by side; the search runs in seed 0 only and must be
// finished first (--seed 0). What is finished is read back.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKernels, loadDataset } from 'recdistill';
import { DIMS, gainOf, jobs, line, means, searched, searchTable, TITLES, tested, testTable, valid } from './_bd.mjs';
import { table, writePage } from './_tables.mjs';

const SEEDS = [0, 1, 2];
const MODEL = 'bpr-mf';
/**
 * What is tried on valid in the first seed: weight decay of each model apart, the weight of what a method teaches, then weight decay again, of a student
 * that is taught and of both together, where 0 is what the published code has. `further`: ablations and other sizes, in the first seed.
 */
const SETS = {
  'citeulike-derrd': {
    data: { data: 'citeulike-derrd' },
    learning: { batchSize: 1024, learningRate: 0.002 },
    l2: [0.0003, 0.001, 0.003, 0.01, 0.03],
    oneWay: {
      rd: [0.3, 1, 3, 10, 30],
      cd: [0.1, 0.3, 1, 3, 10],
      rrd: [0.01, 0.03, 0.1, 0.3, 1],
      de: [0.01, 0.03, 0.1, 0.3, 1],
    },
    lambdas: [0.05, 0.1, 0.25, 0.5, 1],
    taughtL2: [0.0003, 0.001, 0.003, 0.01],
    phaseL2: [0, 0.0003, 0.001, 0.003],
    further: true,
  },
  // As much as a search of an hour allows; an epoch of de takes as long as forty of the student alone.
  foursquare: {
    data: { data: 'foursquare', split: 'leave-one-out', holdOut: 'random' },
    learning: { batchSize: 4096, learningRate: 0.0033 },
    l2: [0.001, 0.003, 0.01],
    oneWay: { rd: [0.3, 3], cd: [0.3, 1, 3], rrd: [0.03, 0.1, 0.3], de: [1] },
    lambdas: [0.1, 0.25, 0.5],
    taughtL2: [0.001, 0.003],
    phaseL2: [0, 0.001],
    further: false,
  },
};
const ABLATIONS = {
  'teacher to student only': { direction: 'to-student' },
  'student to teacher only': { direction: 'to-teacher' },
  'sampling swapped': { sampling: 'swapped' },
  'sampling reference': { sampling: 'reference' },
  'sampling top': { sampling: 'top' },
  'sampling uniform': { sampling: 'uniform' },
  'update 1': { update: 1 },
  'update 50': { update: 50 },
  'temperatures 1': { teacherTemperature: 1, studentTemperature: 1 },
  'temperatures 10': { teacherTemperature: 10, studentTemperature: 10 },
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
const { apart, oneWay, together } = jobs({ dataset, kernels, runs });
const slug = (text) => text.replaceAll(' ', '-');
const both = (lambda, l2) => ({ teacherLambda: lambda, studentLambda: lambda, l2 });

const alone = (role, l2, seed, where, dim = DIMS[role]) =>
  apart(MODEL, role, { ...set.learning, dim, l2 }, seed, where);

const taught = (method, lambda, l2, teacher, seed, where) =>
  oneWay(MODEL, method, { ...set.learning, dim: DIMS.student, l2, lambda }, teacher, seed, where);

/** What seed 0 finds for everybody. */
async function search() {
  const file = join(runs, 'search.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const found = {};
  const own = {};
  for (const role of ['teacher', 'student']) {
    const of = (l2) => alone(role, l2, 0, `search/${role}-${l2}`);
    found[role] = await searched(set.l2, async (l2) => valid((await of(l2)).job));
    own[role] = await of(found[role].best);
  }
  for (const [method, values] of Object.entries(set.oneWay)) {
    const of = async (lambda, l2, where) => valid(await taught(method, lambda, l2, own.teacher, 0, `search/${where}`));
    found[method] = await searched(values, (lambda) => of(lambda, found.student.best, `${method}-${lambda}`));
    found[`${method}, l2`] = await searched(set.taughtL2, (l2) => of(found[method].best, l2, `${method}-l2-${l2}`));
  }
  const gain = async (where, options) => {
    const job = await together(own.teacher, own.student, options, 0, `search/${where}`);
    return gainOf(job, own.teacher, own.student);
  };
  found.bd = await searched(set.lambdas, (lambda) => gain(`bd-${lambda}`, both(lambda, 0)));
  found['bd, l2'] = await searched(set.phaseL2, (l2) => gain(`bd-l2-${l2}`, both(found.bd.best, l2)));
  mkdirSync(runs, { recursive: true });
  writeFileSync(file, `${JSON.stringify(found, null, 1)}\n`);
  return found;
}

/** Evaluations by the name of the row. */
async function runSeed(seed, found) {
  const at = (what) => `seed${seed}/${slug(what)}`;
  const teacher = await alone('teacher', found.teacher.best, seed, at('teacher'));
  const student = await alone('student', found.student.best, seed, at('student'));
  const rows = { 'teacher before': teacher.job.evaluation, 'student before': student.job.evaluation };
  const l2 = found['bd, l2'].best;
  const keep = async (what, where, lambda, more = {}, own = student) => {
    const done = await together(teacher, own, { ...both(lambda, l2), ...more }, seed, at(where));
    rows[`teacher ${what}`] = done.teacher.evaluation;
    rows[`student ${what}`] = done.student.evaluation;
  };
  // As long as with each other, so that more epochs are not what makes the difference.
  await keep('trained longer', 'longer', 0);
  for (const method of Object.keys(set.oneWay)) {
    const job = await taught(method, found[method].best, found[`${method}, l2`].best, teacher, seed, at(method));
    rows[`student by ${method}`] = job.evaluation;
  }
  await keep('by bd', 'by bd', found.bd.best);
  if (!set.further || seed !== SEEDS[0]) return rows;
  for (const [what, more] of Object.entries(ABLATIONS))
    await keep(`by bd, ${what}`, `by bd, ${what}`, found.bd.best, more);
  for (const dim of SIZES) {
    const what = `student of dim ${dim}`;
    const own = await alone('student', found.student.best, seed, at(what), dim);
    rows[`${what} before`] = own.job.evaluation;
    await keep(`by bd, ${what}`, `by bd, ${what}`, found.bd.best, {}, own);
  }
  return rows;
}

const found = await search();
const all = [];
for (const seed of flags.seed === undefined ? SEEDS : [Number(flags.seed)]) all.push(await runSeed(seed, found));
kernels.close();
if (flags.seed !== undefined) process.exit(0);
const isFurther = (row) => row.includes(',') || row.includes('of dim');
const main = Object.keys(all[0]).filter((row) => !isFurther(row));
const further = Object.keys(all[0]).filter(isFurther);
const students = Object.keys(set.oneWay).map((method) => `student by ${method}`);
const { train, test } = dataset;
const page = `# Bidirectional distillation on ${name}

Made by \`npm run bd-results -- ${name}\`. ${train.users.toLocaleString('en')} users, ${train.items.toLocaleString('en')} items, one test item held out of each user at random
(${test.indices.length.toLocaleString('en')} in all); full ranking, train and valid items masked, settings and epochs chosen on valid. ${MODEL} of dim ${DIMS.teacher} teaches ${MODEL} of dim ${DIMS.student}.
"Trained longer" is the phase of bd with both weights 0. Mean ± standard deviation over seeds ${SEEDS.join(', ')}.

${table(
  ['', ...TITLES],
  main.map((row) => line(all, row)),
)}

## Is it better?
Each user's mean over the seeds; paired t test, Holm over the block.

${testTable([
  ...tested(all, 'teacher by bd', ['teacher before', 'teacher trained longer']),
  ...tested(all, 'student by bd', ['student before', 'student trained longer', ...students]),
])}
${
  further.length === 0
    ? ''
    : `
## Ablations
Seed ${SEEDS[0]}.

${table(
  ['', ...TITLES],
  ['teacher by bd', 'student by bd', ...further].map((row) => line(all.slice(0, 1), row)),
)}
`
}
## Settings
By recall@50 on valid in seed ${SEEDS[0]}; of bd the mean of both models' gain. Weights of what is taught come first, with the student's own l2 (0 for bd), then l2.

${searchTable(found)}
`;
writePage(`bd-${name}`, page, { data: name, seeds: SEEDS, search: found, rows: means(all) });
