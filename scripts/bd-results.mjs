// Writes docs/results/bd-DATA.md and .json: bidirectional distillation under the correct protocol, beside both models apart, one-way methods and ablations.
//   npm run bd-results -- citeulike-derrd|foursquare [--runs FOLDER] [--threads N] [--seed N]
// With --seed N only that seed is trained and nothing is written, so that seeds can be trained side by side; the search runs in seed 0 only and must be
// finished first (--seed 0). What is finished is read back.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, createKernels, loadDataset, readLearned, runBd, runJob } from 'recdistill';
import { mean, short, shortP, spread, table, writePage } from './_tables.mjs';

const SEEDS = [0, 1, 2];
const METRICS = ['recall@10', 'ndcg@10', 'recall@50', 'ndcg@50'];
const TITLES = ['H@10', 'N@10', 'H@50', 'N@50'];
const SETS = {
  'citeulike-derrd': { data: { data: 'citeulike-derrd' }, ablations: true },
  foursquare: { data: { data: 'foursquare', split: 'leave-one-out', holdOut: 'random' }, ablations: false },
};
const DIMS = { teacher: 50, student: 5 };
/** Weight decay of each model apart, and the weight of what a method teaches: five values each, chosen on valid in the first seed. */
const L2 = [0.0003, 0.001, 0.003, 0.01, 0.03];
const ONE_WAY = {
  rd: [0.3, 1, 3, 10, 30],
  cd: [0.1, 0.3, 1, 3, 10],
  rrd: [0.003, 0.01, 0.03, 0.1, 0.3],
  de: [0.01, 0.03, 0.1, 0.3, 1],
};
const LAMBDAS = [0.05, 0.1, 0.25, 0.5, 1];
const BASE = { epochs: 300, evaluateEvery: 10, patience: 5, batchSize: 1024, learningRate: 0.002 };
const PHASE = { epochs: 100, evaluateEvery: 10, patience: 5 };
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
const SIZES = [5, 10, 25, 50];

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
const say = (text) => process.stderr.write(`${text}\n`);
const slug = (text) => text.replaceAll(' ', '-');
const valid = (job) => job.teacher.trajectory.checkpoints.at(-1).metrics['recall@50'];

async function apart(role, seed, l2, where, dim = DIMS[role]) {
  const folder = join(runs, where);
  const options = { ...BASE, dim, l2, seed: 2 * seed + (role === 'teacher' ? 0 : 1) };
  say(`seed ${seed}: ${where}`);
  const job = await runJob({ dataset, kernels, model: 'bpr-mf', options, folder });
  return { job, learned: readLearned(folder) };
}

async function oneWay(method, lambda, l2, teacher, seed, where) {
  say(`seed ${seed}: ${where}`);
  const options = { ...BASE, dim: DIMS.student, l2, seed: 2 * seed + 1, lambda };
  const request = { dataset, kernels, model: 'bpr-mf', method, options, teachers: [teacher.job.teacher] };
  return runJob({ ...request, folder: join(runs, where) });
}

async function together(teacher, student, lambda, seed, where, more = {}) {
  say(`seed ${seed}: ${where}`);
  const options = { ...PHASE, teacherLambda: lambda, studentLambda: lambda, seed, ...more };
  const pair = { teacher: teacher.learned, student: student.learned };
  return runBd({ dataset, kernels, ...pair, options, folder: join(runs, where) });
}

/** The best of some values by `judge` on valid; all tries are kept for the page. */
async function searched(values, judge) {
  const tries = [];
  for (const value of values) tries.push({ value, valid: await judge(value) });
  return { best: tries.reduce((a, b) => (b.valid > a.valid ? b : a)).value, tries };
}

/** What seed 0 finds for everybody. */
async function search() {
  const file = join(runs, 'search.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const found = {};
  const own = {};
  for (const role of ['teacher', 'student']) {
    found[role] = await searched(L2, async (l2) => valid((await apart(role, 0, l2, `search/${role}-${l2}`)).job));
    own[role] = await apart(role, 0, found[role].best, `search/${role}-${found[role].best}`);
  }
  for (const [method, values] of Object.entries(ONE_WAY)) {
    found[method] = await searched(values, async (lambda) =>
      valid(await oneWay(method, lambda, found.student.best, own.teacher, 0, `search/${method}-${lambda}`)),
    );
  }
  found.bd = await searched(LAMBDAS, async (lambda) => {
    const { teacher, student } = await together(own.teacher, own.student, lambda, 0, `search/bd-${lambda}`);
    return (valid(teacher) / valid(own.teacher.job) + valid(student) / valid(own.student.job)) / 2;
  });
  mkdirSync(runs, { recursive: true });
  writeFileSync(file, `${JSON.stringify(found, null, 1)}\n`);
  return found;
}

/** Evaluations by the name of the row. */
async function runSeed(seed, found) {
  const at = (what) => `seed${seed}/${slug(what)}`;
  const teacher = await apart('teacher', seed, found.teacher.best, at('teacher'));
  const student = await apart('student', seed, found.student.best, at('student'));
  const rows = { 'teacher before': teacher.job.evaluation, 'student before': student.job.evaluation };
  // As long as with each other, so that more epochs are not what makes the difference.
  const longer = await together(teacher, student, 0, seed, at('longer'));
  rows['teacher trained longer'] = longer.teacher.evaluation;
  rows['student trained longer'] = longer.student.evaluation;
  for (const method of Object.keys(ONE_WAY)) {
    const job = await oneWay(method, found[method].best, found.student.best, teacher, seed, at(method));
    rows[`student by ${method}`] = job.evaluation;
  }
  const keep = async (what, more, own = student) => {
    const both = await together(teacher, own, found.bd.best, seed, at(what), more);
    rows[`teacher ${what}`] = both.teacher.evaluation;
    rows[`student ${what}`] = both.student.evaluation;
  };
  await keep('by bd', {});
  if (!set.ablations) return rows;
  for (const [what, more] of Object.entries(ABLATIONS)) await keep(`by bd, ${what}`, more);
  for (const dim of SIZES.filter((d) => d !== DIMS.student)) {
    const own = await apart('student', seed, found.student.best, at(`student of dim ${dim}`), dim);
    rows[`student of dim ${dim} before`] = own.job.evaluation;
    await keep(`by bd, student of dim ${dim}`, {}, own);
  }
  return rows;
}

/** Each user's mean over seeds, so that a user counts once. */
function averaged(evaluations) {
  const [first] = evaluations;
  const perUser = Object.fromEntries(
    METRICS.map((m) => [m, first.perUser[m].map((_, u) => mean(evaluations.map((e) => e.perUser[m][u])))]),
  );
  return {
    ...first,
    perUser,
    means: Object.fromEntries(METRICS.map((m) => [m, mean(evaluations.map((e) => e.means[m]))])),
  };
}

const percent = (x) => `${x >= 0 ? '+' : ''}${(100 * x).toFixed(1)} %`;

/** `name` against others, user by user. */
function tested(all, name, others) {
  const base = averaged(all.map((rows) => rows[name]));
  const list = others.map((other) => ({ name: other, evaluation: averaged(all.map((rows) => rows[other])) }));
  const found = compare(base, list, { metrics: ['recall@50', 'ndcg@50'], adjust: 'holm' });
  return found.map((c) => {
    // compare says how the other differs from this one; here it is the other way round.
    const ahead = c.mean === 0 ? Number.NaN : -c.difference / c.mean;
    return [name, c.name, c.metric === 'recall@50' ? 'H@50' : 'N@50', percent(ahead), shortP(c.adjustedP)];
  });
}

const found = await search();
const all = [];
for (const seed of flags.seed === undefined ? SEEDS : [Number(flags.seed)]) all.push(await runSeed(seed, found));
kernels.close();
if (flags.seed !== undefined) process.exit(0);
const line = (row) => [row, ...METRICS.map((m) => spread(all.map((rows) => rows[row].means[m])))];
const names = Object.keys(all[0]);
const main = names.filter((row) => !row.includes(','));
const further = names.filter((row) => row.includes(','));
const students = Object.keys(ONE_WAY).map((method) => `student by ${method}`);
const { train, test } = dataset;
const page = `# Bidirectional distillation on ${name}

Made by \`npm run bd-results -- ${name}\`. ${train.users.toLocaleString('en')} users, ${train.items.toLocaleString('en')} items, one test item held out of each user at random
(${test.indices.length.toLocaleString('en')} in all); full ranking, train and valid items masked, settings and epochs chosen on valid. bpr-mf of dim ${DIMS.teacher} teaches bpr-mf of dim ${DIMS.student}.
"Trained longer" is the phase of bd with both weights 0. Mean ± standard deviation over seeds ${SEEDS.join(', ')}.

${table(['', ...TITLES], main.filter((row) => !row.includes('of dim')).map(line))}

## Is it better?
Each user's mean over the seeds; paired t test, Holm over the block.

${table(
  ['row', 'against', 'metric', 'difference', 'adjusted p'],
  [
    ...tested(all, 'teacher by bd', ['teacher before', 'teacher trained longer']),
    ...tested(all, 'student by bd', ['student before', 'student trained longer', ...students]),
  ],
)}
${
  further.length === 0
    ? ''
    : `
## Ablations
${table(['', ...TITLES], [line('teacher by bd'), line('student by bd'), ...names.filter((row) => row.includes(',') || row.includes('of dim')).map(line)])}
`
}
## Settings
Five values for each, by recall@50 on valid in seed ${SEEDS[0]}; of bd the mean of both models' gain.

${table(
  ['', 'chosen', 'tried (valid)'],
  Object.entries(found).map(([what, { best, tries }]) => [
    what,
    best,
    tries.map((t) => `${t.value} (${short(t.valid)})`).join(', '),
  ]),
)}
`;
const plain = all.map((rows) =>
  Object.fromEntries(
    Object.entries(rows).map(([row, e]) => [row, Object.fromEntries(METRICS.map((m) => [m, e.means[m]]))]),
  ),
);
writePage(`bd-${name}`, page, { data: name, seeds: SEEDS, search: found, rows: plain });
