/** Bidirectional distillation between other models than bpr-mf, and between models of two kinds. */
import { join } from 'node:path';
import { loadDataset } from 'recdistill/data';
import type { Evaluation } from 'recdistill/eval';
import { type Context, definePage } from '../../_page.js';
import {
  type Means,
  meansOf,
  meansTable,
  type Search,
  searchTable,
  type TestRow,
  testsOf,
  testTable,
} from '../../tables.js';
import { AT_50, createJobs, METRICS, ROLES, type Role, searched, slug, valid } from './jobs.js';

const DATA = 'citeulike-derrd';
const SEED = 0;
/** As in the preset of citeulike-hetcomp-split, which has the same users and items. Weight decay is chosen here. */
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
} as const;
type ModelName = keyof typeof MODELS;

const PAIRS = [
  { teacher: 'cdae', student: 'cdae' },
  { teacher: 'cdae', student: 'bpr-mf' },
] as const satisfies readonly Readonly<Record<Role, ModelName>>[];

const TRIED = {
  // With more for the teacher at the start, the sampling that harms it least would be chosen for both.
  start: { teacherLambda: 0.02 },
  draws: ['intended 5', 'top 1'],
  teacherLambda: [0.02, 0.1, 0.5],
  studentLambda: [0.1, 0.5, 2],
};
/** Weight decay that is tried for the student in the phase, relative to its own. */
const SHARES = [0.1, 0.3, 1];

interface PairOf<Row> {
  readonly name: string;
  readonly rows: Readonly<Record<string, Row>>;
  readonly searches: Readonly<Record<string, Search>>;
  readonly tests: readonly TestRow[];
}

interface KindNumbers {
  readonly data: string;
  readonly seed: number;
  readonly pairs: readonly PairOf<Means[string]>[];
}

const nameOf = ({ teacher, student }: Readonly<Record<Role, ModelName>>): string => `${teacher} and ${student}`;

async function runPair(models: Readonly<Record<Role, ModelName>>, context: Context): Promise<PairOf<Evaluation>> {
  const { apart, together, searchPhase } = createJobs(await loadDataset({ data: DATA }), context);
  const best = async (role: Role) => {
    const { options, dims, l2 } = MODELS[models[role]];
    const of = (value: number) =>
      apart(models[role], role, { ...options, dim: dims[role], l2: value }, SEED, `${role}-${models[role]}-${value}`);
    const search = await searched<number>(l2, async (value) => valid((await of(value)).job));
    return { ...(await of(search.best)), search };
  };
  const own = { teacher: await best('teacher'), student: await best('student') };
  const at = slug(nameOf(models));
  const studentL2 = SHARES.map((share) => Number((share * own.student.search.best).toPrecision(2)));
  const { found, settings } = await searchPhase(own, { ...TRIED, studentL2 }, at);
  const longer = await together(own, { teacherLambda: 0, studentLambda: 0 }, SEED, `${at}/longer`);
  const both = await together(own, settings, SEED, `${at}/bd`);
  const rows: Record<string, Evaluation> = {};
  for (const role of ROLES) {
    rows[`${role} before`] = own[role].job.evaluation;
    rows[`${role} trained longer`] = longer[role].evaluation;
    rows[`${role} by bd`] = both[role].evaluation;
  }
  return {
    ...{ name: nameOf(models), rows },
    searches: { 'l2 of the teacher': own.teacher.search, 'l2 of the student': own.student.search, ...found },
    tests: ROLES.flatMap((role) =>
      testsOf([rows], `${role} by bd`, [`${role} before`, `${role} trained longer`], AT_50),
    ),
  };
}

export const bdKinds = definePage<PairOf<Evaluation>, KindNumbers>({
  name: 'bd-kinds',
  title: 'Bidirectional distillation between other models, and between models of two kinds',
  needs: DATA,
  folder: join('runs', 'bd-kinds'),
  parts: PAIRS.map(nameOf).map(slug),
  run: (part, context) => runPair(PAIRS.find((pair) => slug(nameOf(pair)) === part)!, context),
  gather: (pairs) => ({
    ...{ data: DATA, seed: SEED },
    pairs: pairs.map((pair) => ({ ...pair, rows: meansOf(pair.rows, METRICS) })),
  }),
  render: ({ data, seed, pairs }) => ({
    title: 'Bidirectional distillation between other models',
    about: `On ${data}, as [bd-${data}](bd-${data}.md) with seed ${seed} alone: full ranking of one test item held out of each user at random, hyper-parameters and epochs chosen on valid.
The first of a pair teaches. Embedding dimensions: ${Object.entries(MODELS)
      .map(([model, { dims }]) => `${model} ${dims.teacher} and ${dims.student}`)
      .join(', ')}. "Trained longer" is the phase of bd with both weights 0.
Paired t test over users, Holm over the tests of a model.`,
    sections: pairs.flatMap(({ name, rows, tests, searches }) => [
      `## ${name}`,
      meansTable([rows], Object.keys(rows), METRICS),
      testTable(tests),
      searchTable(searches),
    ]),
  }),
});
