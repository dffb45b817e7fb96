/** Bidirectional distillation under the correct protocol, beside both models apart, one-way methods and ablations. */
import { join } from 'node:path';
import { type LoadedDataset, loadDataset } from 'recdistill/data';
import type { Evaluation, PairAnalysis } from 'recdistill/eval';
import { type CellValue, formatCount } from 'recdistill/report';
import type { Job } from 'recdistill/runs';
import { type Context, definePage, kept, type Page } from '../../_page.js';
import {
  type Means,
  meansOf,
  meansTable,
  type Search,
  searchTable,
  spread,
  type TestRow,
  table,
  testsOf,
  testTable,
} from '../../tables.js';
import { aheadTables, analysed } from './ahead.js';
import {
  AT_50,
  createJobs,
  METRICS,
  type PhaseSearch,
  ROLES,
  type Role,
  searched,
  slug,
  type Trained,
  valid,
} from './jobs.js';
import { ABLATIONS, type BdSet, sets } from './sets.js';

const SEEDS = [0, 1, 2];
const MODEL = 'bpr-mf';
const DIMS = { teacher: 50, student: 5 };
/** Of further students. */
const SIZES = [10, 25, 50];
const PHASES = ['before', 'trained longer', 'by bd'];

interface SeedResult {
  readonly rows: Readonly<Record<string, Evaluation>>;
  readonly onValid: Readonly<Record<Role, readonly number[]>>;
  readonly analysis: PairAnalysis;
  /** Recall on valid, by setting; of the first seed only. */
  readonly further: Readonly<Record<string, Partial<Record<Role, number>>>>;
}

interface BdNumbers {
  readonly data: string;
  readonly nUsers: number;
  readonly nItems: number;
  readonly testInteractions: number;
  readonly seeds: readonly number[];
  readonly search: PhaseSearch;
  readonly rows: readonly Means[];
  readonly onValid: readonly SeedResult['onValid'][];
  readonly analyses: readonly PairAnalysis[];
  readonly further: SeedResult['further'];
  readonly tests: readonly TestRow[];
}

/** Trainings on one set. */
function trainingsOn(set: BdSet, dataset: LoadedDataset, context: Context) {
  const jobs = createJobs(dataset, context, set.phase);
  return {
    ...jobs,
    alone: (role: Role, l2: number, seed: number, where: string, dim = DIMS[role]) =>
      jobs.apart(MODEL, role, { ...set.learning, ...(role === 'student' ? set.student : {}), dim, l2 }, seed, where),
    taught(method: string, lambda: number, l2: number, teacher: Job, seed: number, where: string) {
      const options = { ...set.learning, ...set.student, ...set.oneWay[method]!.more, dim: DIMS.student, l2, lambda };
      return jobs.oneWay(MODEL, method, options, teacher, seed, where);
    },
  };
}
type Trainings = ReturnType<typeof trainingsOn>;

/** What is chosen in seed 0 for all seeds. */
async function search(set: BdSet, { alone, taught, searchPhase }: Trainings): Promise<PhaseSearch> {
  const found: Record<string, Search> = {};
  const best = async (role: Role): Promise<Trained & { readonly l2: number }> => {
    const of = (l2: number) => alone(role, l2, 0, `search/${role}-${l2}`);
    const result = await searched(set.l2, async (l2) => valid((await of(l2)).job));
    found[role] = result;
    return { ...(await of(result.best)), l2: result.best };
  };
  const own = { teacher: await best('teacher'), student: await best('student') };
  const bd = await searchPhase(own, set.bd, 'search', set.trial);
  for (const [method, tried] of Object.entries(set.oneWay)) {
    const of = async (lambda: number, l2: number) =>
      valid(await taught(method, lambda, l2, own.teacher.job, 0, `search/${method}-${lambda}-l2-${l2}`));
    const weight = await searched(tried.lambda, (lambda) => of(lambda, tried.startL2 ?? own.student.l2));
    found[method] = weight;
    found[`${method}, l2`] = await searched(tried.l2 ?? set.taughtL2, (l2) => of(weight.best, l2));
  }
  return { found: { ...found, ...bd.found }, settings: bd.settings };
}

/** A student of another size, with the weight decay that suits it. */
async function studentOf(dim: number, seed: number, set: BdSet, { alone }: Trainings): Promise<Trained> {
  const of = (l2: number) => alone('student', l2, seed, `seed${seed}/student-of-dim-${dim}-${l2}`, dim);
  const { best } = await searched(set.taughtL2, async (l2) => valid((await of(l2)).job));
  return of(best);
}

async function runSeed(seed: number, set: BdSet, dataset: LoadedDataset, context: Context): Promise<SeedResult> {
  const trainings = trainingsOn(set, dataset, context);
  const { alone, taught, together, bestAfter } = trainings;
  const { found, settings } = await kept(join(context.runs, 'search.json'), () => search(set, trainings));
  const bestOf = (what: string) => Number(found[what]!.best);
  const at = (what: string) => `seed${seed}/${slug(what)}`;
  const teacher = await alone('teacher', bestOf('teacher'), seed, at('teacher'));
  const student = await alone('student', bestOf('student'), seed, at('student'));
  const rows: Record<string, Evaluation> = {
    'teacher before': teacher.job.evaluation,
    'student before': student.job.evaluation,
  };
  const further: Record<string, Partial<Record<Role, number>>> = {
    before: { teacher: valid(teacher.job), student: valid(student.job) },
  };
  const keep = async (what: string, options: Readonly<Record<string, unknown>>, own = student) => {
    const done = await together({ teacher, student: own }, options, seed, at(what));
    for (const role of ROLES) rows[`${role} ${what}`] = done[role].evaluation;
    further[what] = { teacher: bestAfter(at(what), 'teacher'), student: bestAfter(at(what), 'student') };
  };
  // As long as with each other, so that more epochs are not what makes the difference.
  await keep('trained longer', { teacherLambda: 0, studentLambda: 0 });
  for (const method of Object.keys(set.oneWay)) {
    const job = await taught(method, bestOf(method), bestOf(`${method}, l2`), teacher.job, seed, at(method));
    rows[`student by ${method}`] = job.evaluation;
  }
  await keep('by bd', settings);
  const onValid = (role: Role) => PHASES.map((what) => further[what]![role]!);
  const folder = (what: string) => join(context.runs, at(what));
  const analysis = await analysed(context.kernels, dataset, {
    before: { teacher: folder('teacher'), student: folder('student') },
    after: { teacher: join(folder('by bd'), 'teacher'), student: join(folder('by bd'), 'student') },
  });
  const result = { rows, onValid: { teacher: onValid('teacher'), student: onValid('student') }, analysis };
  if (!set.further || seed !== SEEDS[0]) return { ...result, further: {} };
  for (const [what, more] of Object.entries(ABLATIONS)) {
    const chosen = Object.entries(more).every(([option, value]) => settings[option] === value);
    if (!chosen) await keep(`by bd, ${what}`, { ...settings, ...more });
  }
  for (const dim of SIZES) {
    const own = await studentOf(dim, seed, set, trainings);
    rows[`student of dim ${dim} before`] = own.job.evaluation;
    further[`of dim ${dim} before`] = { student: valid(own.job) };
    await keep(`by bd, student of dim ${dim}`, { ...settings, studentL2: own.job.result.options.l2 }, own);
  }
  return { ...result, further };
}

/** Rows of ablations and of students of other sizes stand in a table of their own. */
const isFurther = (row: string): boolean => row.includes(',') || row.includes('of dim');

function furtherTable({ rows: [means], further }: BdNumbers): string {
  const columns = ['teacher, valid', 'student, valid', ...ROLES.flatMap((role) => AT_50.map((m) => `${role} ${m}`))];
  return table(
    { row: 'text', ...Object.fromEntries(columns.map((title) => [title, 'metric'] as const)) },
    Object.entries(further).map(([what, onValid]): (CellValue | undefined)[] => [
      what,
      ...ROLES.map((role) => onValid[role]),
      ...ROLES.flatMap((role) => AT_50.map((m) => means![`${role} ${what}`]?.[m])),
    ]),
  );
}

const settingsOf = ({ oneWay }: BdSet): string => {
  const more = Object.entries(oneWay).flatMap(([method, { more = {} }]) =>
    Object.entries(more).map(([option, value]) => `${method} ${option} ${value}`),
  );
  return more.length === 0 ? '' : ` Set beforehand: ${more.join(', ')}.`;
};

function sectionsOf(n: BdNumbers, set: BdSet): string[] {
  const main = Object.keys(n.rows[0]!).filter((row) => !isFurther(row));
  const ablations = [
    `## Ablations
Seed ${n.seeds[0]}: both on valid by recall@50, the start of the phase left out, and on test, where a model that became no better is the one it was. Students of other sizes have a weight decay of their own.`,
    furtherTable(n),
  ];
  return [
    meansTable(n.rows, main, METRICS),
    'On valid, recall@50, the start of both phases left out (the rows above may keep it):',
    table(
      { model: 'text', before: 'metric', 'trained longer': 'metric', 'by bd': 'metric' },
      ROLES.map((role) => [role, ...PHASES.map((_, at) => spread(n.onValid.map((v) => v[role][at]!)))]),
    ),
    '## Is it better?\nMean of each user over the seeds; paired t test, Holm over the tests of a model.',
    testTable(n.tests),
    '## Which model ranks what higher\nMeans over the seeds, before and after the phase of bd.',
    ...aheadTables(n.analyses),
    ...(Object.keys(n.further).length === 0 ? [] : ablations),
    `## Settings
By recall@50 on valid in seed ${n.seeds[0]}, one setting after the other. Those of bd by recall after the phase over recall before it, of both models or of the one that the setting is for.${settingsOf(set)}`,
    searchTable(n.search.found),
  ];
}

const bdPage = ([name, set]: readonly [string, BdSet]): Page => {
  const within = (context: Context) => ({ ...context, runs: join(context.runs, name) });
  return definePage<SeedResult, BdNumbers>({
    name: `bd-${name}`,
    title: `Bidirectional distillation on ${name} under the correct protocol, beside one-way methods`,
    needs: set.data.data,
    folder: join('runs', 'bd-results'),
    // The first part searches the settings for all.
    parts: SEEDS.map((seed) => `seed${seed}`),
    run: async (part, context) =>
      runSeed(Number(part.replace('seed', '')), set, await loadDataset(set.data), within(context)),
    async gather(found, context) {
      const { train, test } = await loadDataset(set.data);
      const seeds = found.map((f) => f.rows);
      const search = () => Promise.reject(new Error('the search is finished before the first seed'));
      const taught = Object.keys(set.oneWay).map((method) => `student by ${method}`);
      const against = (role: Role) => [`${role} before`, `${role} trained longer`];
      return {
        ...{ data: name, nUsers: train.nUsers, nItems: train.nItems, testInteractions: test.indices.length },
        ...{ seeds: SEEDS, search: await kept<PhaseSearch>(join(within(context).runs, 'search.json'), search) },
        rows: seeds.map((rows) => meansOf(rows, METRICS)),
        onValid: found.map((f) => f.onValid),
        analyses: found.map((f) => f.analysis),
        further: found[0]!.further,
        tests: [
          ...testsOf(seeds, 'teacher by bd', against('teacher'), AT_50),
          ...testsOf(seeds, 'student by bd', [...against('student'), ...taught], AT_50),
        ],
      };
    },
    render: (n) => ({
      title: `Bidirectional distillation on ${n.data}`,
      about: `${formatCount(n.nUsers)} users, ${formatCount(n.nItems)} items, one test item held out of each user at random
(${formatCount(n.testInteractions)} in all): recall is the hit rate. Full ranking, train and valid items masked; hyper-parameters and epochs chosen on valid.
${MODEL} of dim ${DIMS.teacher} teaches ${MODEL} of dim ${DIMS.student}. "Trained longer" is the phase of bd with both weights 0.
Mean ± standard deviation over seeds ${n.seeds.join(', ')}.`,
      sections: sectionsOf(n, set),
    }),
  });
};

export const bdPages: readonly Page[] = Object.entries(sets).map(bdPage);
