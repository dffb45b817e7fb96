/**
 * Studies compare distillation methods for one student and one set of teachers, over several seeds. Every method has the same number of
 * search trials. Students are evaluated on test and compared by significance tests. Finished runs are read back; stopped ones continue.
 */
import { join } from 'node:path';
import type { LoadedDataset } from '../../../data/index.js';
import { type ComparisonRow, evaluationFor, metricOf } from '../../../eval/index.js';
import { parseOptions } from '../../../options/index.js';
import { createProgress, runInParts } from '../../../progress.js';
import {
  createGraph,
  type Graph,
  type GraphResult,
  type JobSpec,
  type PreparedGraph,
  prepareGraph,
  refuseFailures,
  stateOf,
  storedMetrics,
  storedTrials,
} from '../../engine/index.js';
import { type PlanContext, runPrepared } from '../context.js';
import { type Candidate, type FinalOfPlan, finalOfBest } from '../final.js';
import { type Gain, usableOn } from '../matched.js';
import {
  candidatesOf,
  checkFiles,
  loadFor,
  type PipelineRow,
  type PlannedPipeline,
  planPipeline,
  rowsOf,
} from '../pipeline.js';
import { entriesOf, type StudyEntries } from './entries.js';
import { type StudyEntry, type StudyOptions, studyOptions } from './options.js';
import { homogeneousOf, matchedOf, pipelineOf } from './plan.js';
import { measuringTransfersOf, type StudyPopularity, type StudyTransfer, summarisingSeeds } from './popularity.js';
import { gainsOf, mean, rowsOver, type StudyRow, testedAgainst } from './result.js';
import { matchedSearches, searchJobs, searchName, type Tuned, tunedOf } from './search.js';

export interface StudyContext extends PlanContext {
  /** Folder of all runs. */
  readonly runs: string;
}

export interface StudyResult {
  readonly options: StudyOptions;
  readonly dataset: LoadedDataset;
  /** Such as `recall@50`. */
  readonly metrics: readonly string[];
  /** Baselines, teachers, ensembles, then a row for each entry. */
  readonly rows: readonly StudyRow[];
  /** Each distilled student against the best row of its dim that was trained without teachers. Absent in results of earlier versions. */
  readonly gains?: readonly Gain[];
  /** Every other entry against the entry `against`, in each metric. */
  readonly comparisons: readonly ComparisonRow[];
  /** The same on the hidden interactions; empty in the setup benchmark. */
  readonly hiddenComparisons: readonly ComparisonRow[];
  /** Results of the searches, by method. */
  readonly tuned: Readonly<Record<string, Tuned>>;
  /** Popularity of the lists of each row. Absent in results of earlier versions, as `transfers`. */
  readonly popularity?: readonly StudyPopularity[];
  /** Transfer ratio of each distilled student, in each metric. */
  readonly transfers?: readonly StudyTransfer[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
  /** The final fit of the student that is best on valid in its mean over the seeds, with the first seed; if the study asks for it. */
  readonly final?: FinalOfPlan;
}

/** The best options of each search, by method. */
type Best = Readonly<Record<string, Tuned['options']>>;

/** A pipeline of the study, with one seed. */
interface Part extends PlannedPipeline {
  readonly seed: number;
  /** Prefix of the names of its jobs. */
  readonly prefix: string;
  readonly homogeneous: boolean;
}

/** A study whose options and entries are checked. */
export interface PlannedStudy extends StudyEntries {
  readonly options: StudyOptions;
}

/** Checks everything that can be checked before any data is read. @throws RecdistillError */
export function checkStudy(input: unknown): PlannedStudy {
  const options = parseOptions(studyOptions, input, 'study');
  const found = entriesOf(options);
  graphOf(options, partsOf(options, found.entries, {}));
  if (options.tune.trials > 0) searchGraph(options, found.entries);
  return { ...found, options };
}

/** The study with its size-matched baselines named, as far as they can be evaluated on the data. */
const matchedTo = (o: StudyOptions, entries: readonly StudyEntry[], dataset: LoadedDataset): StudyOptions =>
  o.matched === true ? { ...o, matched: matchedOf(o, entries, usableOn(dataset)) } : o;

/** The teachers of the first seed. */
function teacherGraph(o: StudyOptions): Graph {
  const [first] = partsOf(o, [], {});
  const names = first!.steps.filter((step) => step.role === 'teacher').map((step) => first!.prefix + step.name);
  return createGraph(
    o.name,
    first!.graph.setting,
    first!.graph.jobs.filter((job) => names.includes(job.name)),
  );
}

/** The teachers of the first seed, the searches with them, and the students that searches of co-trained methods start from. */
function searchGraph(o: StudyOptions, entries: readonly StudyEntry[]): Graph {
  const [first] = partsOf(o, entries, {});
  const { jobs: teachers, setting } = teacherGraph(o);
  const names = teachers.map((job) => job.name.slice(first!.prefix.length));
  const searches = searchJobs(o, entries, names, first!.prefix);
  const starts = first!.graph.jobs.filter((job) => searches.some((search) => search.start === job.name));
  return createGraph(o.name, setting, [...teachers, ...starts, ...searches, ...matchedSearches(o, entries)]);
}

/** Whether the teacher of an entry is chosen when all of its candidates are trained. */
const choosesTeacher = (e: StudyEntry): boolean => e.best === true && (e.teachers?.length ?? 0) > 1;

/** Chooses the best teacher for entries that use only one. @param valid value of a teacher with the first seed, in the metric that selects */
const withBestTeachers = (entries: readonly StudyEntry[], valid: (teacher: string) => number): StudyEntry[] =>
  entries.map((e) =>
    choosesTeacher(e) ? { ...e, teachers: [e.teachers!.reduce((a, b) => (valid(b) > valid(a) ? b : a))] } : e,
  );

function partsOf(o: StudyOptions, entries: readonly StudyEntry[], best: Best): Part[] {
  return o.seeds.flatMap((seed): Part[] => {
    const [prefix, alike] = [`seed${seed}/`, `seed${seed}-homogeneous/`];
    const same = homogeneousOf(o, entries, seed, best);
    return [
      { ...planPipeline(pipelineOf(o, entries, seed, best), prefix), seed, prefix, homogeneous: false },
      ...(same ? [{ ...planPipeline(same, alike), seed, prefix: alike, homogeneous: true }] : []),
    ];
  });
}

/** One graph for all seeds, so that their jobs can run at the same time. */
const graphOf = (o: StudyOptions, parts: readonly Part[]): Graph =>
  createGraph(
    o.name,
    parts[0]!.graph.setting,
    parts.flatMap((part) => part.graph.jobs),
  );

/** A stage of a study, for an estimate. */
export interface StudyStage {
  readonly prepared: PreparedGraph;
  /** Whether the options of a job follow from a search that is not finished. */
  readonly undecided: (job: JobSpec) => boolean;
}

/** The stages of a study, before anything runs. @throws RecdistillError as `checkStudy`, `loadDataset` and `prepareGraph` */
export async function prepareStudy(input: unknown, context: StudyContext): Promise<StudyStage[]> {
  const { options, entries: given } = checkStudy(input);
  const dataset = await loadFor(partsOf(options, given, {})[0]!, context);
  const sized = { ...options, evaluation: evaluationFor(options.evaluation, dataset.train) };
  const o = matchedTo(sized, given, dataset);
  const prepare = (graph: Graph) => prepareGraph(graph, { ...context, dataset });
  const teachers = await prepare(teacherGraph(o));
  const metrics = storedMetrics(teachers);
  const known = teachers.jobs.every(({ plan }) => plan.results.every(({ name }) => metrics.has(name)));
  const valid = (name: string) => metrics.get(firstName(o, name))?.[o.evaluation.selectBy] ?? Number.NEGATIVE_INFINITY;
  const entries = known ? withBestTeachers(given, valid) : given;
  const search = o.tune.trials > 0 ? await prepare(searchGraph(o, entries)) : undefined;
  const open = new Set(
    search?.jobs
      .filter((job) => job.job.kind === 'search' && stateOf(job, search.store).state !== 'finished')
      .map(({ job }) => job.name),
  );
  const parts = partsOf(o, entries, search ? optionsIn(tunedIn(storedTrials(search))) : {});
  const undecided = new Set(known ? [] : entries.filter(choosesTeacher).map((e) => e.name));
  const isOpen = (job: JobSpec) =>
    parts.some(({ steps, prefix }) =>
      steps.some(
        (s) =>
          prefix + s.name === job.name &&
          (s.role === 'student'
            ? undecided.has(s.name) || ('method' in s.job && open.has(searchName(s.job.method)))
            : s.role === 'size-matched' && open.has(searchName(s.name))),
      ),
    );
  return [
    ...(search ? [{ prepared: search, undecided: () => false }] : []),
    { prepared: await prepare(graphOf(o, parts)), undecided: isOpen },
  ];
}

/** The name of a teacher's result in the first seed. */
const firstName = (o: StudyOptions, teacher: string): string => `seed${o.seeds[0]}/${teacher}`;

/** @throws RecdistillError for anything that is wrong with the study, before any job runs; otherwise as `runPipeline` and `tune` */
export async function runStudy(input: unknown, context: StudyContext): Promise<StudyResult> {
  const { options, entries: given, notes } = checkStudy(input);
  const dataset = await loadFor(partsOf(options, given, {})[0]!, context);
  const sized = { ...options, evaluation: evaluationFor(options.evaluation, dataset.train) };
  const o = matchedTo(sized, given, dataset);
  const run = async (graph: Graph, check?: (prepared: PreparedGraph) => void) => {
    const prepared = await prepareGraph(graph, { ...context, dataset });
    check?.(prepared);
    const result = await runPrepared(prepared, context);
    refuseFailures(result, graph.jobs.length);
    return result;
  };
  let entries = given;
  if (given.some(choosesTeacher)) {
    const { results } = await run(teacherGraph(o));
    entries = withBestTeachers(given, (name) => {
      const found = results.find((r) => r.name === firstName(o, name));
      return found?.valid?.[o.evaluation.selectBy] ?? Number.NEGATIVE_INFINITY;
    });
  }
  const tuned = o.tune.trials > 0 ? tunedIn((await run(searchGraph(o, entries))).trials) : {};
  const parts = partsOf(o, entries, optionsIn(tuned));
  const { results } = await run(graphOf(o, parts), (prepared) => {
    for (const { steps, prefix } of parts) checkFiles(steps, prepared, prefix);
  });
  const seeds: PipelineRow[][] = [];
  for (const seed of o.seeds) {
    const rows = parts
      .filter((part) => part.seed === seed)
      .flatMap(({ steps, prefix, homogeneous }) => {
        const own = rowsOf(steps, results, prefix).rows;
        return homogeneous ? homogeneousRows(own) : own;
      });
    const order = (row: PipelineRow) => entries.findIndex((e) => e.name === row.name);
    const students = rows.filter((r) => r.role === 'student').sort((a, b) => order(a) - order(b));
    const seedless = (seeds[0] ?? []).filter((r) => r.role === 'baseline' && !rows.some(({ name }) => name === r.name));
    seeds.push([...seedless, ...rows.filter((r) => r.role !== 'student'), ...students]);
  }
  const final = o.final
    ? await finalOfBest(
        meanCandidates(seeds.map((rows) => candidatesOf(rows, results, o.evaluation))),
        dataset,
        context,
      )
    : undefined;
  const metrics = testedMetrics(o.evaluation);
  const hides = o.setup === 'generalization';
  const step = createProgress(context.signal ? { signal: context.signal } : {}).task(
    `comparing the students of ${o.name}`,
  );
  return {
    ...{ options: o, dataset, metrics, tuned, notes, rows: rowsOver(seeds, metrics) },
    ...(final ? { final } : {}),
    gains: await gainsOf(seeds, metrics, decidingMetric(metrics, o.evaluation.selectBy), step),
    comparisons: await testedAgainst(seeds, o.against, metrics, step),
    popularity: await runInParts(summarisingSeeds(seeds), step),
    transfers: await runInParts(measuringTransfersOf(seeds, metrics), step),
    hiddenComparisons: hides ? await testedAgainst(seeds, o.against, metrics, step, 'hidden') : [],
  };
}

/** The students of the first seed, each with its mean over all seeds. */
const meanCandidates = (seeds: readonly (readonly Candidate[])[]): Candidate[] =>
  seeds[0]!.map((first, at) => ({ ...first, valid: mean(seeds.map((students) => students[at]!.valid)) }));

/** Recall and NDCG at each K, and the metric that selected the epochs, if it has a value for each user. */
function testedMetrics({ at, selectBy }: StudyOptions['evaluation']): string[] {
  const usual = at.flatMap((k) => [`recall@${k}`, `ndcg@${k}`]);
  const perUser = metricOf(selectBy.split('@')[0]!).kind === 'user';
  return [...new Set([...usual, ...(perUser ? [selectBy] : [])])];
}

/** The metric that selects, or if it has no value for each user, recall at the largest K. */
export const decidingMetric = (metrics: readonly string[], selectBy: string): string =>
  metrics.includes(selectBy) ? selectBy : metrics.filter((m) => m.startsWith('recall')).at(-1)!;

/** The rows of a homogeneous pipeline: its ensemble and students. The teachers are left out: they differ only in their seeds. */
const homogeneousRows = (rows: readonly PipelineRow[]): PipelineRow[] =>
  rows.flatMap((row) =>
    row.role === 'ensemble' ? [{ ...row, name: 'homogeneous ensemble' }] : row.role === 'student' ? [row] : [],
  );

/** Results of the searches, by method. A method whose trials all failed is left out. */
const tunedIn = (trials: GraphResult['trials']): Readonly<Record<string, Tuned>> =>
  Object.fromEntries(
    [...trials].flatMap(([job, log]) => {
      const found = tunedOf(log);
      return found ? [[job.slice(searchName('').length), found]] : [];
    }),
  );

const optionsIn = (tuned: Readonly<Record<string, Tuned>>): Best =>
  Object.fromEntries(Object.entries(tuned).map(([method, found]) => [method, found.options]));

/** Folder of the results of a study, in the runs folder. */
export const studyFolder = (runs: string, o: StudyOptions): string => join(runs, o.name);
