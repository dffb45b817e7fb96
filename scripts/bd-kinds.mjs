// Writes docs/results/bd-kinds.md and .json: bidirectional distillation between other models than bpr-mf, and between models of two kinds, on citeulike-derrd.
//   npm run bd-kinds -- [--runs FOLDER] [--threads N] [--pair N]
// With --pair N only that pair is trained and nothing is written, so that pairs can be trained side by side. What is finished is read back.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKernels } from 'recdistill';
import { loadDataset } from 'recdistill/data';
import { jobs, line, means, searched, searchTable, slug, TITLES, tested, testTable, valid } from './_bd.mjs';
import { table, writePage } from './_tables.mjs';

const DATA = 'citeulike-derrd';
const SEED = 0;
/** As in the preset of citeulike-hetcomp-split, which has the same users and items; weight decay is chosen here. */
const MODELS = {
  'bpr-mf': {
    options: { batchSize: 1024, learningRate: 0.002 },
    dims: { teacher: 50, student: 5 },
    l2: [0.001, 0.003, 0.01],
  },
  cdae: {
    options: { dropout: 0.5, negatives: 5, learningRate: 0.01, batchSize: 128 },
    dims: { teacher: 50, student: 5 },
    l2: [0.000003, 0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003],
  },
};
const PAIRS = [
  ['cdae', 'cdae'],
  ['cdae', 'bpr-mf'],
];
/** With more for the teacher at the start, what harms it least would decide what is drawn for both. */
const TRIED = {
  start: { teacherLambda: 0.02 },
  draws: ['intended 5', 'top 1'],
  teacherLambda: [0.02, 0.1, 0.5],
  studentLambda: [0.1, 0.5, 2],
};
/** Weight decay that is tried for the student, of its own. */
const SHARES = [0.1, 0.3, 1];

const { values: flags } = parseArgs({
  options: { runs: { type: 'string' }, threads: { type: 'string' }, pair: { type: 'string' } },
});
const runs = flags.runs ?? join('runs', 'bd-kinds');
const kernels = createKernels(flags.threads === undefined ? {} : { threads: Number(flags.threads) });
const dataset = await loadDataset({ data: DATA });
const { apart, together, searchPhase } = jobs({ dataset, kernels, runs });

/** The best of its weight decays. */
async function best(model, role) {
  const { options, dims, l2 } = MODELS[model];
  const of = (value) =>
    apart(model, role, { ...options, dim: dims[role], l2: value }, SEED, `${role}-${model}-${value}`);
  const found = await searched(l2, async (value) => valid((await of(value)).job));
  return { ...(await of(found.best)), found };
}

async function runPair([teacherModel, studentModel]) {
  const name = `${teacherModel} and ${studentModel}`;
  const teacher = await best(teacherModel, 'teacher');
  const student = await best(studentModel, 'student');
  const at = slug(name);
  const studentL2 = SHARES.map((share) => Number((share * student.found.best).toPrecision(2)));
  const { found, settings } = await searchPhase({ teacher, student }, { ...TRIED, studentL2 }, at);
  const longer = await together(teacher, student, { teacherLambda: 0, studentLambda: 0 }, SEED, `${at}/longer`);
  const both = await together(teacher, student, settings, SEED, `${at}/bd`);
  const rows = {
    'teacher before': teacher.job.evaluation,
    'teacher trained longer': longer.teacher.evaluation,
    'teacher by bd': both.teacher.evaluation,
    'student before': student.job.evaluation,
    'student trained longer': longer.student.evaluation,
    'student by bd': both.student.evaluation,
  };
  const searches = { 'l2 of the teacher': teacher.found, 'l2 of the student': student.found, ...found };
  return { name, rows, searches };
}

const chosen = flags.pair === undefined ? PAIRS : [PAIRS[Number(flags.pair)]];
if (chosen[0] === undefined) {
  console.error(`--pair is ${flags.pair}; there are pairs 0 to ${PAIRS.length - 1}`);
  process.exit(2);
}
const done = [];
for (const pair of chosen) done.push(await runPair(pair));
kernels.close();
if (flags.pair !== undefined) process.exit(0);

const section = ({ name, rows, searches }) => {
  const of = (role) => tested([rows], `${role} by bd`, [`${role} before`, `${role} trained longer`]);
  return `## ${name}
${table(
  ['', ...TITLES],
  Object.keys(rows).map((row) => line([rows], row)),
)}

${testTable([...of('teacher'), ...of('student')])}

${searchTable(searches)}`;
};
const page = `# Bidirectional distillation between other models

Made by \`npm run bd-kinds\` on ${DATA}, as [bd-${DATA}](bd-${DATA}.md) with seed ${SEED} alone: full ranking of one test item held out of each user at random, settings and epochs chosen on valid.
The first of a pair teaches. Sizes: ${Object.entries(MODELS)
  .map(([model, { dims }]) => `${model} ${dims.teacher} and ${dims.student}`)
  .join(
    ', ',
  )}. "Trained longer" is the phase of bd with both weights 0. Paired t test over users, Holm over each model's comparisons.

${done.map(section).join('\n\n')}
`;
writePage('bd-kinds', page, { data: DATA, seed: SEED, pairs: done.map((d) => ({ ...d, rows: means([d.rows])[0] })) });
