/**
 * The work of `auto` in rungs. A rung is done whole or not at all. What it holds depends on the data and the seed, never on the budget, so a larger
 * budget does all that a smaller one does, and more. That is why its ensemble and its frontier cannot be worse on valid.
 */
import type { Dataset } from '../../data/index.js';
import { methodOf } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { modelOf } from '../../models/index.js';
import { parseOptions } from '../../options/index.js';
import { fuseSeconds, type SearchJob, type Sizes, secondsOf, type TrainJob, type Values } from '../engine/index.js';
import { freeSpace, tuneOptions } from '../search/index.js';

/** A model that is trained or computed without teachers. */
export interface AloneJob {
  /** Of the run, below the folder of the plan. */
  readonly name: string;
  readonly model: string;
  readonly options: Values;
  /** Name of the search whose best options it has. Options of this job take precedence over them. */
  readonly search?: string;
}

/** A student of the best ensemble so far. */
export interface StudentJob {
  readonly name: string;
  readonly model: string;
  readonly method: string;
  readonly options: Values;
}

export interface Rung {
  readonly at: number;
  /** One line for tables. */
  readonly summary: string;
  readonly searches: readonly SearchJob[];
  /** Candidates of the ensemble; `top-pop` is only compared. */
  readonly teachers: readonly AloneJob[];
  /** Models of the sizes of the students, trained without teachers. */
  readonly directs: readonly AloneJob[];
  readonly students: readonly StudentJob[];
  /** Estimated, of all of its jobs. */
  readonly seconds: number;
  /** Estimated, at most, of the final fit if this rung is the last. */
  readonly finalSeconds: number;
}

/** A teacher that takes longer than this, with its search, is not worth its time. */
const MOST_SECONDS = 3600;
/** EASE in the first rung, if it takes no longer; otherwise RP3beta, whose time grows with the interactions only. */
const FIRST_SECONDS = 60;
/** EASE holds a matrix of the smaller of users and items in memory. */
const MOST_EASE = 20_000;
const [FEW, LARGE, SMALL, ALL] = [[8, 16], [32], [6], [6, 8, 16, 32]] as const;
const STUDENTS = ['bpr-mf', 'fism'] as const;

/** An epoch of a large data set has more steps and takes longer, so that fewer are needed and affordable. */
const epochsOf = ({ nUsers, nItems }: Sizes): Values => ({
  epochs: Math.min(250, Math.max(30, 10 * Math.round(6.5e8 / (nUsers * nItems)))),
  evaluateEvery: 5,
});

export const sizesOf = ({ train }: Dataset): Sizes => ({
  ...{ nUsers: train.nUsers, nItems: train.nItems, interactions: train.indices.length },
});

/** All rungs for this data set, in order. */
export function rungsOf(dataset: Dataset, seed: number): Rung[] {
  const sizes = sizesOf(dataset);
  const fits = Math.min(sizes.nUsers, sizes.nItems) <= MOST_EASE;
  const quick = fits && secondsOf({ model: 'ease', method: 'none', options: {} }, sizes) <= FIRST_SECONDS;
  const searched = ['ials', ...(fits ? ['ease'] : []), 'rp3beta', 'item-knn'];
  const contents: readonly (readonly [string, Partial<Content>])[] = [
    [
      'simple models with their defaults',
      { teachers: ['top-pop', 'ials', quick ? 'ease' : 'rp3beta', 'item-knn'], dims: FEW, directs: ['ials'] },
    ],
    ['simple models, searched', { teachers: searched, trials: 6, dims: ALL, directs: ['ials'] }],
    ['students of two sizes', { dims: FEW, directs: ['mf', 'fism'], methods: ['softmax'] }],
    ['students of a larger size', { dims: LARGE, directs: ['mf', 'fism'], methods: ['softmax'] }],
    ['students of a smaller size', { dims: SMALL, directs: ['mf', 'fism'], methods: ['softmax'] }],
    [
      'trained teachers; more methods',
      {
        ...{ teachers: ['cml', 'lightgcn', 'bpr-mf'], dims: ALL, directs: ['bpr-mf'] },
        methods: ['softmax', 'hetcomp', 'rrd'],
      },
    ],
    [
      'longer searches, and an autoencoder',
      { teachers: [...searched, 'mult-vae'], trials: 24, dims: ALL, directs: ['ials'], methods: ['softmax'] },
    ],
  ];
  const rungs = contents.map(([summary, content], at) =>
    rungOf({ at, dataset, sizes, seed }, summary, { teachers: [], directs: [], methods: [], dims: ALL, ...content }),
  );
  return rungs.map((rung, at) => ({ ...rung, finalSeconds: finalSeconds(rungs.slice(0, at + 1), sizes) }));
}

/** The chosen model, and all teachers if students were made. */
function finalSeconds(rungs: readonly Omit<Rung, 'finalSeconds'>[], sizes: Sizes): number {
  const of = (job: AloneJob | StudentJob) => secondsOf({ method: 'none', ...job }, sizes);
  const teachers = rungs.flatMap((rung) => rung.teachers).map(of);
  const students = rungs.flatMap((rung) => rung.students).map(of);
  const alone = [...teachers, ...rungs.flatMap((rung) => rung.directs).map(of)];
  const taught = students.length === 0 ? 0 : teachers.reduce((a, b) => a + b, 0) + Math.max(...students);
  return Math.max(taught, ...alone);
}

interface Content {
  readonly teachers: readonly string[];
  /** Of the search for each simple model; absent: defaults. */
  readonly trials?: number;
  readonly dims: readonly number[];
  readonly directs: readonly string[];
  readonly methods: readonly string[];
}

interface Place {
  readonly at: number;
  readonly dataset: Dataset;
  readonly sizes: Sizes;
  readonly seed: number;
}

function rungOf({ at, dataset, sizes, seed }: Place, summary: string, content: Content): Omit<Rung, 'finalSeconds'> {
  const own = (model: string, more: Values = {}): Values => ({
    ...('seed' in modelOf(model).options.shape ? { seed } : {}),
    ...more,
  });
  const able = (model: string) => !dataset.foldIn || modelOf(model).capabilities.includes('histories');
  const trialsOf = (model: string) =>
    content.trials !== undefined && modelOf(model).kind === 'computed' ? { trials: content.trials } : {};
  const worth = (model: string) =>
    secondsOf({ model, method: 'none', options: {}, ...trialsOf(model) }, sizes) <= MOST_SECONDS;
  const models = content.teachers.filter((model) => able(model) && worth(model));
  const searched = models.filter((model) => 'trials' in trialsOf(model));
  const searches = searched.map((model) =>
    searchJob(`${at}/search-${model}`, model, own(model), content.trials!, seed),
  );
  const searchOf = (model: string) => searches.find((job) => job.model === model)?.name;
  const alone = (name: string, model: string, more: Values = {}): AloneJob => {
    const search = searchOf(model);
    return { name, model, options: own(model, more), ...(search === undefined ? {} : { search }) };
  };
  const teachers = models.map((model) => alone(`${at}/${model}`, model));
  const directs = content.directs
    .filter(able)
    .flatMap((model) =>
      content.dims.map((dim) => alone(`${at}/direct-${model}-${dim}`, model, { dim, ...capped(model, sizes) })),
    );
  const students = content.methods.flatMap((method) =>
    STUDENTS.filter((model) => able(model) && canTeach(method, model)).flatMap((model) =>
      content.dims.map(
        (dim): StudentJob => ({
          ...{ name: `${at}/${method}-${model}-${dim}`, model, method },
          options: own(model, { dim, ...epochsOf(sizes) }),
        }),
      ),
    ),
  );
  const trained = [...teachers, ...directs].map((job) => ({ ...job, method: 'none' }));
  const seconds =
    [...trained, ...students].reduce((sum, job) => sum + secondsOf(job, sizes), 0) +
    searches.reduce((sum, job) => sum + secondsOf({ ...job, trials: content.trials! }, sizes), 0) +
    fuseSeconds(trained.length === 0 ? 0 : trained.length + 8 * at, sizes);
  return { at, summary, searches, teachers, directs, students, seconds };
}

/** Models that train by epochs have as many as the students. */
const capped = (model: string, sizes: Sizes): Values => (modelOf(model).kind === 'trained' ? epochsOf(sizes) : {});

function canTeach(method: string, model: string): boolean {
  const { needs } = methodOf(method);
  return needs.student.every((capability) => modelOf(model).capabilities.includes(capability));
}

/** The first trial has the defaults. `dim` keeps its default, so that the space is small enough for few trials. */
function searchJob(name: string, model: string, fixed: Values, trials: number, seed: number): SearchJob {
  const space = freeSpace(modelOf(model), undefined, ['dim']);
  const rule = parseOptions(tuneOptions, { trials, seed }, 'auto');
  return {
    ...{ kind: 'search', name, subject: model, model, method: 'none', options: fixed, space, rule, teachers: [] },
  };
}

/** The job of a model without teachers. @param found best options of its search */
export const trainJob = ({ name, model, options }: AloneJob, found: Values = {}): TrainJob => ({
  ...{ kind: 'train', name, model, method: 'none', options: { ...found, ...options }, teachers: [] },
});

/**
 * The job of a student.
 * @param teachers names of the members of the ensemble, the best first; a method for one teacher has the best
 */
export function studentJob({ name, model, method, options }: StudentJob, teachers: readonly string[]): TrainJob {
  const spec = methodOf(method);
  const several = spec.needs.teachers === 'many' && teachers.length > 1;
  const own = spec.needs.teachers === 'many' ? teachers : teachers.slice(0, 1);
  return {
    ...{ kind: 'train', name, model, method, options, teachers: own },
    ...(several ? { ensemble: 'greedy' } : {}),
  };
}

/**
 * The rungs that fit the budget: as long as the sum of their estimates does.
 * @param budget seconds
 * @param final whether the budget includes the final fit
 * @throws RecdistillError `needs-not-met` if not even the first one fits
 */
export function withinBudget(rungs: readonly Rung[], budget: number, final: boolean): Rung[] {
  let sum = 0;
  const sums = rungs.map((rung) => {
    sum += rung.seconds;
    return sum + (final ? rung.finalSeconds : 0);
  });
  const kept = sums.findIndex((needed) => needed > budget);
  if (kept === 0) {
    const needed = Math.ceil(sums[0]!);
    fail('needs-not-met', {
      problem: `the time budget of ${budget} s is too small: the first models take about ${needed} s`,
      hint: `Set --time-budget ${needed}s or more (timeBudget in the library), or take part of the data.`,
    });
  }
  return kept < 0 ? [...rungs] : rungs.slice(0, kept);
}
