/** The report of runs of one data set: accuracy, significance tests, training curves and cost. */
import type { EnsembleChoice } from '../distill/index.js';
import { comparing, type Evaluation } from '../eval/index.js';
import { runSync, within } from '../progress.js';
import type { Cost } from '../runs/outcome.js';
import { formatCount } from './format.js';
import type { Construction, History } from './history.js';
import type { Page, Section } from './page.js';
import type { Point } from './plot.js';
import {
  accuracyKeys,
  column,
  costCells,
  costColumns,
  differenceCells,
  differenceColumns,
  metricCells,
  metricColumns,
  textColumns,
} from './results/_columns.js';
import { additionsTable, additionsText, membersTable, WEIGHTS_TEXT } from './results/ensemble.js';
import { popularityTables, summarisingRuns } from './results/popularity.js';
import { resultTable } from './table/index.js';

export interface ReportRun extends Partial<Cost> {
  readonly name: string;
  /** Such as `teacher` or `student`. It selects the plots of the run and the colour of its dot. */
  readonly role: string;
  readonly evaluation: Evaluation;
  /** Evaluation on the hidden interactions. */
  readonly hidden?: Evaluation;
  /** The weights of an ensemble, or of the teachers of a student; absent if they are equal. */
  readonly ensemble?: EnsembleChoice;
  /** Absent for an ensemble. */
  readonly history?: History;
}

export interface ReportInput {
  readonly title: string;
  /** Sentences on the data. */
  readonly about: readonly string[];
  readonly runs: readonly ReportRun[];
  /** List lengths K of the tables. */
  readonly at: readonly number[];
  /** The metric of the plots, such as `recall@50`. */
  readonly metric: string;
  /** Name of the run that the students are tested against; absent: no tests. */
  readonly against?: string;
}

export const reportPage = (input: ReportInput): Page => runSync(makingPage(input));

/** Like `reportPage`, as a generator that yields its progress: the tests over users take most of the time. */
export function* makingPage(input: ReportInput): Generator<number, Page> {
  const { title, about, runs, metric } = input;
  const curves = runs.filter((r) => r.role !== 'teacher');
  const teachers = runs.filter((r) => r.role === 'teacher');
  return {
    title,
    about,
    sections: [
      resultSection(input),
      ...(yield* within(comparisonSection(input), 0, 0.5)),
      ...(yield* within(popularitySections(runs), 0.5, 1)),
      ...runs.flatMap(ensembleSections),
      ...curveSection(`${metric} by epoch`, curves, metric),
      ...curveSection(`Teachers: ${metric} by epoch, with the checkpoints of their trajectories`, teachers, metric),
      ...runs.flatMap((run) => constructionSections(run)),
      ...costSection(
        ({ bundleBytes, bytes }) => bundleBytes ?? bytes,
        'Accuracy against size',
        'bytes of the bundle, or of the parameters of a model without one',
        input,
      ),
      ...costSection(
        ({ latencyMicroseconds }) => latencyMicroseconds,
        'Accuracy against latency',
        'microseconds for the exact top 10 of a user',
        input,
      ),
    ],
  };
}

/** Recall and NDCG, and the metric of the plots, if every run has it for each user. */
const tableKeys = ({ runs, at, metric }: ReportInput): string[] =>
  accuracyKeys(at, runs.every((r) => metric in r.evaluation.perUser) ? metric : undefined);

function resultSection(input: ReportInput): Section {
  const { runs } = input;
  const keys = tableKeys(input);
  const hidden = runs.some((r) => r.hidden) ? keys : [];
  const nUsers = runs[0]?.evaluation.users.length ?? 0;
  return {
    title: 'Results on test',
    text: [`Full ranking, mean over ${formatCount(nUsers)} users.`],
    table: resultTable({
      columns: [
        ...textColumns(['role', 'run']),
        ...metricColumns(keys),
        ...metricColumns(hidden, (key) => key, 'hidden'),
        ...costColumns,
      ],
      rows: runs.map((r) => ({
        cells: {
          ...{ role: r.role, run: r.name },
          ...metricCells(keys, r.evaluation.means),
          ...metricCells(hidden, r.hidden?.means, 'hidden'),
          ...costCells(r),
        },
      })),
    }),
  };
}

/** Every other student against one run. */
function* comparisonSection(input: ReportInput): Generator<number, Section[]> {
  const { runs, against } = input;
  const base = runs.find((r) => r.name === against);
  const students = runs.filter((r) => r.role === 'student' && r !== base);
  if (!base || students.length === 0) return [];
  const comparisons = yield* comparing(base.evaluation, students, { metrics: tableKeys(input), adjust: 'holm' });
  return [
    {
      title: `Significance of the differences to ${base.name}`,
      text: ['Paired t test over users, p-values adjusted over the table (Holm), 95 % bootstrap intervals.'],
      table: resultTable({
        columns: [...textColumns(['metric', 'run']), column('value', 'value', 'metric'), ...differenceColumns],
        rows: comparisons.map((c) => ({
          cells: { metric: c.metric, run: c.name, value: c.mean, ...differenceCells(c) },
        })),
      }),
    },
  ];
}

/** Popularity lift, and recall and exposure of popular and unpopular items. */
function* popularitySections(runs: readonly ReportRun[]): Generator<number, Section[]> {
  return popularityTables(yield* summarisingRuns(runs)).map(({ title = '', about = [], ...table }) => ({
    title,
    text: about,
    table: resultTable(table),
  }));
}

/** What each member of an ensemble added on valid, and the weights. */
const ensembleSections = ({ name, ensemble }: ReportRun): Section[] =>
  ensemble === undefined
    ? []
    : [
        {
          title: `Members of ${name} (${ensemble.kind})`,
          text: [additionsText(ensemble)],
          table: additionsTable(ensemble),
        },
        { title: `Weights of ${name} (${ensemble.kind})`, text: [WEIGHTS_TEXT], table: membersTable(ensemble) },
      ];

/** On test if all runs have a test curve, else on valid. A plot never mixes the two. */
function curveSection(title: string, runs: readonly ReportRun[], metric: string): Section[] {
  const trained = runs.filter((r) => (r.history?.valid.length ?? 0) > 1);
  if (trained.length === 0) return [];
  const part = trained.every((r) => r.history!.test.length > 0) ? 'test' : 'valid';
  const pointsOf = (what: 'valid' | 'test' | 'checkpoints'): Point[] =>
    trained.flatMap((r) =>
      r.history![what].flatMap(({ epoch, metrics }) =>
        metrics[metric] === undefined ? [] : [{ x: epoch, y: metrics[metric], name: r.name }],
      ),
    );
  const dots = part === 'valid' && trained.every((r) => r.role === 'teacher') ? pointsOf('checkpoints') : [];
  const points = pointsOf(part);
  if (points.length === 0) return [];
  return [{ title: `${title} (${part})`, plot: { kind: 'lines', points, x: 'epoch', y: `${part} ${metric}`, dots } }];
}

function constructionSections({ name, history }: ReportRun): Section[] {
  const constructions = history?.constructions ?? [];
  if (constructions.length === 0) return [];
  const shares = constructions.flatMap((c) =>
    c.teachers.flatMap((t) =>
      t.share.map((share, at) => ({ x: c.epoch, y: share, name: `checkpoint ${at + 1}`, group: t.teacher })),
    ),
  );
  const ordered = shares.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.x - b.x);
  const distances = constructions.flatMap((c) =>
    c.teachers.map((t) => ({ x: c.epoch, y: t.distance, name: t.teacher })),
  );
  return [
    {
      title: `${name}: users at each checkpoint, by teacher`,
      text: [phaseText(constructions)],
      plot: { kind: 'shares', points: ordered, x: 'epoch', y: 'users (%)' },
    },
    {
      title: `${name}: discrepancy from the last checkpoint of each teacher`,
      text: ['1 - NDCG of the two lists, mean over users. 0 means equal lists.'],
      plot: { kind: 'lines', points: distances, x: 'epoch', y: 'discrepancy' },
    },
  ];
}

function phaseText(constructions: readonly Construction[]): string {
  const first = constructions.find((c) => c.fine > 0);
  const all = constructions.find((c) => c.fine === 1);
  if (!first) return 'No user switched to the fine-grained loss.';
  if (first === all) return `All users switch to the fine-grained loss after epoch ${first.epoch}.`;
  return `The first users switch to the fine-grained loss after epoch ${first.epoch}${all ? `, the last after epoch ${all.epoch}` : ''}.`;
}

function costSection(
  costIn: (run: ReportRun) => number | undefined,
  title: string,
  x: string,
  input: ReportInput,
): Section[] {
  const { runs, metric } = input;
  const points = runs.flatMap((r) => {
    const [cost = 0, y] = [costIn(r), r.evaluation.means[metric]];
    return cost > 0 && y !== undefined ? [{ x: cost, y, name: r.name, group: r.role }] : [];
  });
  if (points.length < 2) return [];
  return [{ title, plot: { kind: 'named', points, x, y: `test ${metric}` } }];
}
