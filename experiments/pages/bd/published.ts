/** Bidirectional distillation under the protocol of its published code, beside the figures that the code printed. */
import { join } from 'node:path';
import { loadDataset } from 'recdistill/data';
import type { Evaluation, PairAnalysis } from 'recdistill/eval';
import { mean } from 'recdistill/experiment';
import { type CellValue, formatMetric, readHistory } from 'recdistill/report';
import { coTrain, readSavedModel, runJob } from 'recdistill/runs';
import { type Context, definePage } from '../../_page.js';
import { columnsOf, type Means, meansOf, spread, type TestRow, table, testsOf, testTable } from '../../tables.js';
import { aheadTables, analysed } from './ahead.js';
import { AT_50, METRICS as ORDINARY, ROLES, type Role, seedOf } from './jobs.js';

const DATA = 'citeulike-bd';
const METRICS = ['bd-hit-rate', 'bd-ndcg'].flatMap((m) => [50, 100, 200].map((k) => `${m}@${k}`));
const TITLES = ['H@50', 'H@100', 'H@200', 'N@50', 'N@100', 'N@200'];
const WARM = { epochs: 1000, evaluateEvery: 1000, batchSize: 128 };
/** What is set beside the printed figures. Two begin from the same models: `folder` is of the phase. */
const VARIANTS = {
  published: { title: 'as published', avoid: 'held-out', folder: 'bd', bd: {} },
  clean: { title: 'without the leak', avoid: 'train', folder: 'bd', bd: {} },
  alone: {
    title: 'without the leak, nor distillation',
    avoid: 'train',
    folder: 'alone',
    bd: { teacherLambda: 0, studentLambda: 0 },
  },
} as const;
type Variant = keyof typeof VARIANTS;
const ALL = ['published', 'clean', 'alone'] as const satisfies readonly Variant[];

/** Sizes and settings of the notebooks. `printed` are their figures by epoch of the phase, 0 = before it; `seeds` by variant. */
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
} as const;
type ModelName = keyof typeof PAIRS;
const MODELS = ['bpr-mf', 'cdae'] as const satisfies readonly ModelName[];

/** The metrics of the protocol by epoch of the phase, in the order of METRICS. */
type Curve = Readonly<Record<string, readonly number[]>>;

interface Trained extends Readonly<Record<Role, Curve>> {
  readonly analysis: PairAnalysis;
}
interface TrainedRows extends Trained {
  readonly at: Part;
  readonly rows: Readonly<Record<string, Evaluation>>;
}
type Kept = Trained & { readonly means: Means };
type KeptVariants = Readonly<Record<Variant, readonly Kept[]>>;

interface PublishedNumbers {
  readonly data: string;
  readonly models: Readonly<Record<ModelName, KeptVariants>>;
  readonly tests: Readonly<Record<ModelName, readonly TestRow[]>>;
}

interface Part {
  readonly model: ModelName;
  readonly variant: Variant;
  readonly seed: number;
}

const PARTS = new Map<string, Part>(
  MODELS.flatMap((model) =>
    ALL.flatMap((variant) =>
      PAIRS[model].seeds[variant].map((seed) => [`${model}-${variant}-seed${seed}`, { model, variant, seed }] as const),
    ),
  ),
);

async function runPair(at: Part, { kernels, runs, say }: Context): Promise<TrainedRows> {
  const { model, variant, seed } = at;
  const { shared, bd, ...own } = PAIRS[model];
  const { avoid, folder, bd: more } = VARIANTS[variant];
  const dataset = await loadDataset({ data: DATA });
  const within = (name: string) => join(runs, `${model}-${avoid}-seed${seed}`, name);
  const rows: Record<string, Evaluation> = {};
  const warmUp = async (role: Role) => {
    say(`${model}, ${variant}, seed ${seed}: warm-up of the ${role}`);
    const options = { ...shared, ...own[role], avoid, seed: seedOf(role, seed) };
    const job = await runJob({ dataset, kernels, model, options, folder: within(`${role}-before`) });
    rows[`${role} before`] = job.evaluation;
    return readSavedModel(within(`${role}-before`));
  };
  const pair = { teacher: await warmUp('teacher'), student: await warmUp('student') };
  say(`${model}, ${variant}, seed ${seed}: both together`);
  const options = { protocol: 'published', ...bd, ...more, patience: 10_000, seed };
  const outcome = await coTrain({ ...{ dataset, kernels, method: 'bd', options }, ...pair, folder: within(folder) });
  for (const role of ROLES) rows[`${role} ${variant === 'alone' ? 'alone' : 'by bd'}`] = outcome[role].evaluation;
  const after = { teacher: join(within(folder), 'teacher'), student: join(within(folder), 'student') };
  const curve = (role: Role): Curve =>
    Object.fromEntries(
      readHistory(after[role]).valid.map(({ epoch, metrics }) => [epoch, METRICS.map((name) => metrics[name]!)]),
    );
  const before = { teacher: within('teacher-before'), student: within('student-before') };
  const analysis = await analysed(kernels, dataset, { before, after });
  return { at, teacher: curve('teacher'), student: curve('student'), analysis, rows };
}

/** The phase against what was before it, and against the phase without distillation, by ordinary ranks. */
function testsWithin(found: readonly TrainedRows[], model: ModelName): TestRow[] {
  const of = (variant: Variant) => found.filter((f) => f.at.model === model && f.at.variant === variant);
  const alone = of('alone');
  const all = of('clean').map(({ rows }, n) => ({ ...alone[n]?.rows, ...rows }));
  return ROLES.flatMap((role) =>
    ['before', 'alone'].flatMap((what) => testsOf(all, `${role} by bd`, [`${role} ${what}`], AT_50)),
  );
}

function gather(found: readonly TrainedRows[]): PublishedNumbers {
  const keptOf = (model: ModelName, variant: Variant) =>
    found
      .filter(({ at }) => at.model === model && at.variant === variant)
      .map(({ rows, at: _, ...trained }) => ({ ...trained, means: meansOf(rows, ORDINARY) }));
  const variants = (model: ModelName) => ({
    published: keptOf(model, 'published'),
    clean: keptOf(model, 'clean'),
    alone: keptOf(model, 'alone'),
  });
  return {
    data: DATA,
    models: { 'bpr-mf': variants('bpr-mf'), cdae: variants('cdae') },
    tests: { 'bpr-mf': testsWithin(found, 'bpr-mf'), cdae: testsWithin(found, 'cdae') },
  };
}

function figures(model: ModelName, variants: KeptVariants): string {
  const rows = Object.entries(PAIRS[model].printed).flatMap(([epoch, both]) =>
    ROLES.flatMap((role): CellValue[][] => [
      [epoch, role, 'printed', ...both[role]],
      ...ALL.map((variant) => {
        const values = METRICS.map((_, m) => variants[variant].map((s) => s[role][epoch]![m]!));
        return [epoch, role, VARIANTS[variant].title, ...values.map(spread)];
      }),
    ]),
  );
  return table({ 'epoch of the phase': 'text', model: 'text', figures: 'text', ...columnsOf(TITLES, 'metric') }, rows);
}

/** How many of the printed figures after the phase are reached, and which is the furthest behind. */
function verdict(model: ModelName, variant: Variant, variants: KeptVariants): string {
  const gaps = Object.entries(PAIRS[model].printed)
    .filter(([epoch]) => epoch !== '0')
    .flatMap(([epoch, both]) =>
      ROLES.flatMap((role) =>
        both[role].map((printed: number, m: number) => {
          const ours = mean(variants[variant].map((s) => s[role][epoch]![m]!));
          const values = `${formatMetric(ours)}, printed ${formatMetric(printed)}`;
          return { gap: printed - ours, text: `${role} ${TITLES[m]} at ${epoch} (${values})` };
        }),
      ),
    );
  const reached = gaps.filter(({ gap }) => gap <= 0).length;
  const furthest = gaps.reduce((a, b) => (b.gap > a.gap ? b : a));
  return `${VARIANTS[variant].title}, ${reached} of ${gaps.length} are reached or beaten, and the furthest behind is ${furthest.text}`;
}

const section = (model: ModelName, { models, tests }: PublishedNumbers): string[] => [
  `## ${model}`,
  figures(model, models[model]),
  `Of the printed figures after the phase, in the mean over seeds: ${(['published', 'clean'] as const)
    .map((variant) => verdict(model, variant, models[model]))
    .join('; ')}.`,
  'By ordinary ranks, without the leak, means over users; "alone" is without distillation; paired t test, Holm over each two rows:',
  testTable(tests[model]),
  ...aheadTables(models[model].clean.map(({ analysis }) => analysis)),
];

export const bdPublished = definePage<TrainedRows, PublishedNumbers>({
  name: 'bd-published',
  title: 'Bidirectional distillation beside the figures that its published code printed',
  needs: DATA,
  folder: join('runs', 'bd-published'),
  parts: [...PARTS.keys()],
  run: (part, context) => runPair(PARTS.get(part)!, context),
  gather,
  render: (n) => ({
    title: 'Bidirectional distillation beside its printed figures',
    about: `On ${n.data}, under the protocol of the published code ([what that is](../methods/bd.md#to-compare-with-the-published-numbers)): its sizes (50 and 5),
epochs, settings and quirks of measuring; test metrics, nothing selected. Mean ± standard deviation over seeds where there are several.
The code printed one run, and two of its versions differ by .003 to .006 in H@50. These figures compare with nothing but each other.`,
    sections: [
      `- as published: valid and test items are never drawn as negatives, as there (\`--avoid held-out\`).
- without the leak: only train items are spared.
- without the leak, nor distillation: the same phase with both weights 0, in which each model learns on alone with negatives of its own, without weight decay.`,
      ...MODELS.flatMap((model) => section(model, n)),
    ],
  }),
});
