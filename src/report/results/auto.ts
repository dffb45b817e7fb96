/** The results of `auto`: one table of the chosen model and what it is compared with, the frontier, and sentences. */
import { inspect } from '../../data/index.js';
import { defined } from '../../defined.js';
import { sampleUsers, transferRatio } from '../../eval/index.js';
import { ALPHA } from '../../experiment/auto/choose.js';
import type { AutoCandidate, AutoResult, PlannedAuto } from '../../experiment/index.js';
import { metricsOf } from '../../runs/outcome.js';
import {
  counted,
  formatBytes,
  formatCount,
  formatMetric,
  formatP,
  formatSeconds,
  formatShare,
  listed,
  sampleNotes,
} from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column, costColumns, metricCells, metricColumns, shortName, textColumns } from './_columns.js';
import { transferColumn } from './transfer.js';

/** A row of the table of `auto`. */
export interface AutoRow {
  readonly what:
    | 'ensemble'
    | 'popular items'
    | 'best single model'
    | 'chosen'
    | 'next larger'
    | 'without teachers'
    | 'best student';
  /** Of the run, below the folder of the plan. */
  readonly name: string;
  /** The method of a student; otherwise empty. */
  readonly method?: string;
  readonly model: string;
  readonly dim?: number;
  /** The metric that selects, on valid. */
  readonly valid: number;
  /** `valid` as a share of that of the ensemble. */
  readonly share: number;
  /** `transferRatio` of a student on valid, against the best model of its dim without teachers. Absent if that is as good as the ensemble. */
  readonly transfer?: number;
  /** Metrics on test. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly bundleBytes?: number;
  readonly latencyMicroseconds?: number;
  readonly seconds?: number;
  /** Paired t test over the users of valid: against the chosen model; of the best single model, against the ensemble. */
  readonly p?: number;
}

/** The rows: only these are looked up on test. */
export function autoRows({ choice, ensemble, single, popular, candidates }: AutoResult): AutoRow[] {
  const shareOf = (valid: number) => valid / ensemble.value;
  const rowOf = (what: AutoRow['what'], c: AutoCandidate, p?: number): AutoRow => ({
    ...{ what, name: c.name, model: c.model, dim: c.dim, valid: c.value, share: shareOf(c.value) },
    ...(c.method === 'none' ? {} : { method: c.method }),
    ...defined({ transfer: transferOf(c, candidates, ensemble.value) }),
    ...{ metrics: metricsOf(c.result.evaluation), bundleBytes: c.bytes, latencyMicroseconds: c.microseconds },
    ...(c.result.result?.seconds === undefined ? {} : { seconds: c.result.result.seconds }),
    ...(p === undefined ? {} : { p }),
  });
  const sum = (value: 'seconds' | 'latencyMicroseconds') =>
    ensemble.members.reduce((total, { result }) => total + (result.result?.[value] ?? Number.NaN), 0);
  const { result, job } = single.alone;
  const { larger, rival, chosen } = choice;
  return [
    {
      ...{ what: 'ensemble', name: `${ensemble.rung}/ensemble`, valid: ensemble.value, share: 1 },
      model: ensemble.members.map((m) => m.job.name).join(' + '),
      ...{ metrics: metricsOf(ensemble.evaluation), seconds: sum('seconds') },
      latencyMicroseconds: sum('latencyMicroseconds'),
    },
    {
      ...{ what: 'best single model', name: job.name, model: job.model, valid: single.value, p: single.p },
      ...{ share: shareOf(single.value), metrics: metricsOf(result.evaluation) },
      ...(result.result?.bundleBytes === undefined ? {} : { bundleBytes: result.result.bundleBytes }),
      ...(result.result?.latencyMicroseconds === undefined
        ? {}
        : { latencyMicroseconds: result.result.latencyMicroseconds }),
      ...(result.result?.seconds === undefined ? {} : { seconds: result.result.seconds }),
    },
    ...(popular
      ? [
          {
            ...{ what: 'popular items' as const, name: popular.result.name, model: 'top-pop', valid: popular.value },
            ...{ share: shareOf(popular.value), metrics: metricsOf(popular.result.evaluation) },
          },
        ]
      : []),
    rowOf('chosen', chosen),
    ...(larger ? [rowOf('next larger', larger.candidate, larger.p)] : []),
    ...(rival ? [rowOf(isStudent(rival) ? 'best student' : 'without teachers', rival.candidate, rival.p)] : []),
  ];
}

/** Against the best model of its dim without teachers, also of another kind. */
function transferOf(student: AutoCandidate, all: readonly AutoCandidate[], ensemble: number): number | undefined {
  const alone = all.filter((c) => c.kind === 'direct' && c.dim === student.dim).map((c) => c.value);
  return student.kind === 'student' && alone.length > 0
    ? transferRatio(student.value, Math.max(...alone), ensemble)
    : undefined;
}

const isStudent = ({ candidate }: { readonly candidate: AutoCandidate }): boolean => candidate.kind === 'student';

/** The table with conclusions below it. */
export function autoTable(result: AutoResult): ResultTable {
  const { selectBy } = result.evaluation;
  const k = selectBy.split('@')[1]!;
  const keys = [...new Set([`recall@${k}`, `ndcg@${k}`, selectBy])];
  const rows = autoRows(result);
  return resultTable({
    columns: [
      ...textColumns(['what', 'model']),
      column('dim', 'dim', 'count'),
      column('valid', `valid ${shortName(selectBy)}`, 'metric', 'The metric by which everything is chosen.'),
      column('share', 'of ensemble', 'share', 'The value on valid as a share of that of the ensemble.'),
      ...(rows.some((row) => row.transfer !== undefined)
        ? [transferColumn(`${shortName(selectBy)} on valid; alone: the best model of its dim without teachers`)]
        : []),
      ...metricColumns(keys, (key) => `test ${shortName(key)}`),
      ...costColumns.filter((c) => c.id !== 'parameters'),
      column('p', 'p', 'p-value', 'Paired t test over the users of valid; the notes say against what.'),
    ],
    rows: rows.map(({ what, name, model, metrics, method: _, ...row }) => ({
      group: ['ensemble', 'best single model', 'popular items'].includes(what) ? 'teachers' : 'choice',
      cells: { what, model: what === 'ensemble' ? model : name, ...row, ...metricCells(keys, metrics) },
    })),
    notes: [...sampleNotes([sampleUsers(result.dataset, result.evaluation.evalUsers)]), ...autoNotes(result)],
  });
}

/** What follows from the table, in sentences. */
export function autoNotes(result: AutoResult): string[] {
  const { choice, ensemble, single, limits, rungs, within, notes, popular, evaluation } = result;
  const { chosen, larger, rival } = choice;
  const students = rungs.slice(0, within).some((rung) => rung.students.length > 0);
  const equals = ensemble.members.length === 1 || !(single.p < ALPHA);
  return [
    `${chosen.name} keeps ${formatShare(choice.share)} of the ensemble on valid (asked for: ${formatShare(limits.keep)}) with ${formatBytes(chosen.bytes)}.`,
    ...choice.reasons,
    ...(popular && chosen.value <= popular.value
      ? [
          `It is not better than the list of popular items (${formatMetric(popular.value)} on valid): these data have too little beyond popularity to learn from.`,
        ]
      : []),
    ...(ensemble.value > 0.999
      ? [
          `${shortName(evaluation.selectBy)} is ${formatMetric(ensemble.value)}, so that it cannot tell models apart: choose by shorter lists (--at).`,
        ]
      : []),
    ...(equals
      ? [
          ensemble.members.length === 1
            ? `The best ensemble is ${single.alone.job.name} alone: no other model improves it.`
            : `${single.alone.job.name} alone is not significantly worse than the ensemble (${formatP(single.p)}).`,
        ]
      : []),
    larger
      ? `The next larger model, ${larger.candidate.name}, is ${larger.p < ALPHA ? 'significantly better' : 'not significantly better'} than the chosen one (${formatP(larger.p)}).`
      : 'No larger model within the limits is better on valid.',
    ...(rival
      ? [
          `The best ${isStudent(rival) ? 'student' : 'model without teachers'} of its size, ${rival.candidate.name}, has ${formatMetric(rival.candidate.value)} on valid against ${formatMetric(chosen.value)} (${formatP(rival.p)}).`,
        ]
      : []),
    ...(students ? [] : ['The time budget was too small for students, so that none was compared.']),
    ...notes,
    'Everything was chosen on valid. Test was looked up for these rows only.',
    'p of the best single model is against the ensemble; the others are against the chosen model.',
  ];
}

/** Models that are better on valid than all smaller ones. */
export function frontierTable({ frontier, choice, ensemble, evaluation }: AutoResult): ResultTable {
  return resultTable({
    title: 'Frontier: models that are better on valid than all smaller ones',
    columns: [
      ...textColumns(['model', 'kind']),
      column('dim', 'dim', 'count'),
      column('bytes', 'bundle', 'bytes'),
      column('valid', `valid ${shortName(evaluation.selectBy)}`, 'metric'),
      column('share', 'of ensemble', 'share'),
    ],
    rows: frontier.map((c) => ({
      cells: {
        ...{ model: c.name, kind: c.kind, dim: c.dim, bytes: c.bytes, valid: c.value, share: c.value / ensemble.value },
      },
      ...(c.name === choice.chosen.name ? { marks: { model: ' <-' } } : {}),
    })),
    notes: frontier.some((c) => c.name === choice.chosen.name) ? ['<-  the chosen model.'] : [],
  });
}

/** What the final fit is. */
export const finalFitText = ({ student }: NonNullable<AutoResult['final']>, { chosen }: AutoResult['choice']): string =>
  `The final fit of ${student}: trained again on all interactions${chosen.kind === 'student' ? ', after its teachers' : ''}; it is not evaluated: the figures are those of ${student}.`;

/** What the budget allows: every rung with its estimate. */
export function budgetTable({ rungs, within, limits, options }: PlannedAuto): ResultTable {
  let sum = 0;
  return resultTable({
    columns: [
      column('rung', 'rung', 'count'),
      ...textColumns(['work']),
      column('jobs', 'jobs', 'count', 'Searches, teachers, models without teachers, students.'),
      column('seconds', 'estimated', 'seconds', 'On a machine with two cores.'),
      ...(options.final ? [column('final', 'final fit', 'seconds', 'At most, if the rung is the last.')] : []),
      column('sum', 'sum', 'seconds', 'Of this rung, those before it, and the final fit.'),
      column('within', 'within the budget', 'text'),
    ],
    rows: rungs.map(({ at, summary, searches, teachers, directs, students, seconds, finalSeconds }) => {
      sum += seconds;
      const jobs = searches.length + teachers.length + directs.length + students.length;
      const final = options.final ? finalSeconds : 0;
      const cells = { rung: at, work: summary, jobs, seconds, sum: sum + final };
      return { cells: { ...cells, ...(options.final ? { final } : {}), within: at < within ? 'yes' : 'no' } };
    }),
    notes: [
      `Budget: ${formatSeconds(limits.budget)}. Estimates are by the number of multiplications, not by the clock: two runs do the same work.`,
    ],
  });
}

/** What the data are, in sentences. */
export function foundLines({ dataset }: Pick<PlannedAuto, 'dataset'>): string[] {
  const s = inspect(dataset);
  const [u, i] = [s.perUser, s.perItem];
  return [
    `${s.name}: ${counted(s.nUsers, 'user')}, ${counted(s.nItems, 'item')}, ${counted(s.interactions.all, 'interaction')} (density ${formatShare(s.density)}).`,
    `A user has ${formatCount(u.min)} to ${formatCount(u.max)} items, median ${formatCount(u.median)}; an item has ${formatCount(i.min)} to ${formatCount(i.max)} users, median ${formatCount(i.median)}. The most popular 10 % of the items have ${formatShare(s.topItemsShare.top10)} of the interactions.`,
    `Split: ${listed([`${formatCount(s.interactions.train)} train`, `${formatCount(s.interactions.valid)} valid`, `${formatCount(s.interactions.test)} test`])} interactions; ${counted(s.evaluated.valid, 'user')} evaluated on valid, ${formatCount(s.evaluated.test)} on test.`,
  ];
}
