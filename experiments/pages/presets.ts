/** All models with the preset of a data set, three seeds each, and the ensemble of the teachers. */
import { join } from 'node:path';
import { fuseRankings, importanceOptions } from 'recdistill/distill';
import { compare, createEvaluator } from 'recdistill/eval';
import { type PipelineResult, readPreset, runPipeline } from 'recdistill/experiment';
import { modelOf } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import { formatCount, formatOptions, formatPercent, type MeanAndDeviation } from 'recdistill/report';
import { readFinishedRun } from 'recdistill/runs';
import { definePage, type Page } from '../_page.js';
import { followPlan } from '../progress.js';
import { columnsOf, spread, table } from '../tables.js';

export const SEEDS = [0, 1, 2];
const BASELINES = ['top-pop', 'item-knn', 'rp3beta', 'ease', 'ials'];
/** top-pop is no match for any teacher. */
const STRONG = BASELINES.slice(1);
export const TEACHERS = ['bpr-mf', 'cml', 'neumf', 'lightgcn', 'mult-vae', 'item-autoencoder'];
/** Models that are neither a simple baseline nor a teacher of the studies. */
const OTHERS = ['cdae'];
const METRICS = ['recall@10', 'ndcg@10', 'recall@50', 'ndcg@50'];
/** Of ensembles and comparisons. */
const AT_50 = ['recall@50', 'ndcg@50'];
const EVALUATION = { at: [10, 50] };

export interface PresetNumbers {
  readonly data: string;
  readonly fingerprint: string;
  readonly seeds: readonly number[];
  readonly nUsers: number;
  readonly nItems: number;
  readonly interactions: { readonly train: number; readonly test: number };
  /** Users with test interactions. */
  readonly nEvaluated: number;
  readonly rows: readonly {
    readonly name: string;
    readonly role: string;
    readonly parameters?: number;
    readonly seconds: readonly number[];
    /** For each metric one value for each seed. */
    readonly values: Readonly<Record<string, readonly number[]>>;
  }[];
  /** R@50 of the first seed. */
  readonly againstBaselines: readonly {
    readonly teacher: string;
    readonly baseline: string;
    readonly relativeDifference: number;
    readonly significant: boolean;
  }[];
  /** Of all teachers, then without each of them. Empty if only the row of the ensemble is known. */
  readonly ensembles: readonly { readonly name: string; readonly values: Readonly<Record<string, MeanAndDeviation>> }[];
  /** The ensemble against its best member. */
  readonly bestMember: readonly {
    readonly seed: number;
    readonly name: string;
    readonly metric: string;
    readonly relativeDifference: number;
    readonly adjustedP: number;
  }[];
}

type Seed = PipelineResult;

const hasSeed = (model: string): boolean => 'seed' in modelOf(model).options.shape;

/** One pipeline for each seed. A model without a seed is computed in the first one only. */
export const presetPipeline = (data: string, seed: number) => {
  const entry = (model: string) => ({ model, ...(hasSeed(model) ? { seed } : {}) });
  const baselines = [...BASELINES, ...OTHERS].filter((model) => seed === SEEDS[0] || hasSeed(model));
  return {
    ...{ name: `${data}-seed${seed}`, data: { data }, preset: data, evaluation: EVALUATION },
    ...{ baselines: baselines.map(entry), teachers: TEACHERS.map(entry) },
  };
};

function rowsOver(seeds: readonly Seed[]): PresetNumbers['rows'] {
  return seeds[0]!.rows.map(({ name, role, parameters }) => {
    const rows = seeds.flatMap((s) => s.rows.filter((row) => row.name === name));
    return {
      ...{ name, role: OTHERS.includes(name) ? 'model' : role },
      ...(parameters === undefined ? {} : { parameters }),
      seconds: rows.map((r) => r.seconds ?? 0),
      values: Object.fromEntries(METRICS.map((m) => [m, rows.map((row) => row.evaluation.means[m]!)])),
    };
  });
}

/** Each teacher against the simple baselines, user by user; Holm over each baseline. */
function againstBaselines({ rows }: Seed): PresetNumbers['againstBaselines'] {
  const teachers = rows.filter((row) => TEACHERS.includes(row.name));
  return STRONG.flatMap((baseline) => {
    const base = rows.find((row) => row.name === baseline)!;
    return compare(base.evaluation, teachers, { metrics: ['recall@50'], adjust: 'holm' }).map((c) => {
      const significant = c.adjustedP < 0.05;
      return { teacher: c.name, baseline, relativeDifference: c.relativeDifference, significant };
    });
  });
}

function ensembles(seeds: readonly Seed[]): PresetNumbers['ensembles'] {
  const lists = seeds.map(({ rows, dataset }) => ({
    evaluator: createEvaluator(dataset, { ...EVALUATION, selectBy: 'recall@50' }),
    rankings: new Map(
      rows.flatMap((r) => (r.role === 'teacher' ? [[r.name, readFinishedRun(r.folder!).rankings]] : [])),
    ),
  }));
  const importance = parseOptions(importanceOptions, {}, 'ensemble');
  const fused = (name: string, members: readonly string[]) => {
    const means = lists.map(({ evaluator, rankings }) => {
      const chosen = members.map((member) => rankings.get(member)!);
      return evaluator.test(fuseRankings(chosen, importance, chosen[0]!.depth)).means;
    });
    return { name, values: Object.fromEntries(AT_50.map((m) => [m, spread(means.map((v) => v[m]!))])) };
  };
  const without = (name: string) => TEACHERS.filter((t) => t !== name);
  return [fused('all six', TEACHERS), ...TEACHERS.map((name) => fused(`without ${name}`, without(name)))];
}

function bestMember({ rows }: Seed, seed: number): PresetNumbers['bestMember'] {
  const value = (row: Seed['rows'][number]) => row.evaluation.means['recall@50']!;
  const best = rows.filter((r) => r.role === 'teacher').reduce((a, b) => (value(b) > value(a) ? b : a));
  const ensemble = rows.filter((row) => row.role === 'ensemble');
  return compare(best.evaluation, ensemble, { metrics: AT_50, adjust: 'holm' }).map(
    ({ metric, relativeDifference, adjustedP }) => ({ seed, name: best.name, metric, relativeDifference, adjustedP }),
  );
}

export function numbersOf(data: string, seeds: readonly Seed[]): PresetNumbers {
  const [first] = seeds;
  const { train, test, fingerprint } = first!.dataset;
  return {
    ...{ data, fingerprint, seeds: SEEDS, nUsers: train.nUsers, nItems: train.nItems },
    interactions: { train: train.indices.length, test: test.indices.length },
    nEvaluated: first!.rows[0]!.evaluation.users.length,
    rows: rowsOver(seeds),
    againstBaselines: againstBaselines(first!),
    ensembles: ensembles(seeds),
    bestMember: seeds.flatMap((seed, at) => bestMember(seed, SEEDS[at]!)),
  };
}

const modelTable = ({ rows }: PresetNumbers): string =>
  table(
    { role: 'text', model: 'text', ...columnsOf(METRICS, 'metric'), parameters: 'count' },
    rows.map((row) => [row.role, row.name, ...METRICS.map((m) => spread(row.values[m]!)), row.parameters]),
  );

function baselineTable({ againstBaselines }: PresetNumbers): string {
  const cell = (teacher: string, baseline: string) => {
    const c = againstBaselines.find((found) => found.teacher === teacher && found.baseline === baseline)!;
    return `${formatPercent(c.relativeDifference)}${c.significant ? '' : ' (n.s.)'}`;
  };
  return table(
    {
      teacher: 'text',
      ...columnsOf(
        STRONG.map((b) => `against ${b}`),
        'text',
      ),
    },
    TEACHERS.map((teacher) => [teacher, ...STRONG.map((baseline) => cell(teacher, baseline))]),
  );
}

const ensembleTable = ({ ensembles }: PresetNumbers): string =>
  table(
    { ensemble: 'text', ...columnsOf(AT_50, 'metric') },
    ensembles.map(({ name, values }) => [name, ...AT_50.map((m) => values[m])]),
  );

const memberTable = ({ bestMember }: PresetNumbers): string =>
  table(
    { seed: 'text', 'best member': 'text', metric: 'text', 'ensemble ahead by': 'percent', 'adjusted p': 'p-value' },
    bestMember.map((c) => [c.seed, c.name, c.metric, c.relativeDifference, c.adjustedP]),
  );

const ensembleSections = (n: PresetNumbers): string[] => [
  '## The ensemble\nEqual weights, importance of ranks ([options](../options.md#ensemble)).',
  ensembleTable(n),
  'The ensemble against its best member; paired t test over users, Holm over the seed.',
  memberTable(n),
];

const settingsTable = (data: string): string =>
  table(
    {
      ...{ model: 'text', settings: 'text', valid: 'metric', trials: 'count' },
      ...{ 'epochs searched': 'count', time: 'seconds' },
    },
    Object.entries(readPreset(data).models).map(([model, m]) => [
      ...[model, formatOptions(m.options), m.valid, m.trials, m.epochs, m.seconds],
    ]),
  );

const presetPage = (data: string): Page =>
  definePage<Seed, PresetNumbers>({
    name: data,
    title: 'Every model with the preset of the data set, and the ensemble of the teachers',
    needs: data,
    folder: join('runs', 'results'),
    parts: SEEDS.map((seed) => `seed${seed}`),
    async run(part, context) {
      const { kernels, runs } = context;
      const plan = presetPipeline(data, Number(part.replace('seed', '')));
      const result = await runPipeline(plan, { kernels, runs, listen: followPlan(context) });
      // Other jobs go on when one fails; a page needs all of them.
      for (const { error } of result.failed) throw error;
      return result;
    },
    gather: (seeds) => numbersOf(data, seeds),
    render: (n) => ({
      title: `Results on ${n.data}`,
      about: `${formatCount(n.nUsers)} users, ${formatCount(n.nItems)} items, ${formatCount(n.interactions.train)} train and
${formatCount(n.interactions.test)} test interactions; ${formatCount(n.nEvaluated)} users are evaluated. Full ranking of all items, train and valid items masked.
Means over users. Hyper-parameters and best epochs were chosen on valid. Mean ± standard deviation over seeds ${n.seeds.join(', ')};
models without anything random have one value.`,
      sections: [
        modelTable(n),
        `## Teachers against simple baselines
recall@50, relative difference in seed ${n.seeds[0]}; paired t test over users, Holm over the column; n.s. = not significant at .05.`,
        baselineTable(n),
        ...(n.ensembles.length === 0 ? [] : ensembleSections(n)),
        `## Hyper-parameters\nThe preset \`${n.data}\`, and what its search took ([tuning](../tuning.md)).`,
        settingsTable(n.data),
      ],
    }),
    seconds: ({ rows }) => rows.flatMap((r) => (r.role === 'ensemble' ? [] : r.seconds)).reduce((a, b) => a + b, 0),
  });

export const presetPages: readonly Page[] = ['citeulike-hetcomp-split', 'foursquare-hetcomp-split'].map(presetPage);
