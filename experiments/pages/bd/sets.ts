/**
 * What is tried on valid in the first seed for the pages bd-citeulike-derrd and bd-foursquare: the weight decay of each model apart; of each
 * method the weight of its loss, then the weight decay.
 */
import type { Tried } from './jobs.js';

type Values = Readonly<Record<string, unknown>>;

interface OneWay {
  readonly lambda: readonly number[];
  /** Weight decay that is tried; absent: `taughtL2` of the set. */
  readonly l2?: readonly number[];
  /** Weight decay while the weight is searched; absent: that of the student alone. */
  readonly startL2?: number;
  /** Further options, set beforehand. */
  readonly more?: Values;
}

export interface BdSet {
  readonly data: { readonly data: string; readonly split?: 'leave-one-out'; readonly holdOut?: 'random' };
  /** Options of both models. */
  readonly learning: Values;
  /** Further options of the student. */
  readonly student?: Values;
  /** Weight decay of each model apart. */
  readonly l2: readonly number[];
  readonly oneWay: Readonly<Record<string, OneWay>>;
  readonly taughtL2: readonly number[];
  readonly bd: Tried;
  /** Options of every phase of co-training. */
  readonly phase?: Values;
  /** Options of every trial of such a phase. */
  readonly trial?: Values;
  /** Whether ablations and students of other sizes are trained, in the first seed. */
  readonly further: boolean;
}

export const sets: Readonly<Record<string, BdSet>> = {
  'citeulike-derrd': {
    data: { data: 'citeulike-derrd' },
    learning: { batchSize: 1024, learningRate: 0.002 },
    l2: [0.0003, 0.001, 0.003, 0.01, 0.03],
    oneWay: {
      rd: { lambda: [0.3, 1, 3, 10, 30] },
      cd: { lambda: [0.1, 0.3, 1, 3, 10] },
      rrd: { lambda: [0.01, 0.03, 0.1, 0.3, 1] },
      de: { lambda: [0.01, 0.03, 0.1, 0.3, 1] },
    },
    taughtL2: [0.0003, 0.001, 0.003, 0.01],
    bd: {
      draws: ['intended 1', 'intended 5', 'top 1', 'top 5'],
      teacherLambda: [0.02, 0.1, 0.5, 2],
      studentLambda: [0.02, 0.1, 0.5, 2],
      teacherL2: [0.0003, 0.001, 0.003, 0.01],
      studentL2: [0.0003, 0.001, 0.003, 0.01],
    },
    further: true,
  },
  // Less is tried, as a run takes minutes. A setting with one value has the value that was chosen for citeulike-derrd.
  foursquare: {
    data: { data: 'foursquare', split: 'leave-one-out', holdOut: 'random' },
    learning: { batchSize: 4096, learningRate: 0.0033, evaluateEvery: 5 },
    // With the patience of the teacher it stops long before it is at its best.
    student: { patience: 10 },
    l2: [0.001, 0.003, 0.01],
    oneWay: {
      rd: { lambda: [0.3, 10], l2: [0.001, 0.003] },
      cd: { lambda: [0.03, 0.1, 0.3], l2: [0.001, 0.003] },
      // As the search of the page on methods found for it. With the settings of the others it ends below the student alone.
      rrd: { lambda: [0.1, 0.3, 1], l2: [0.00003, 0.0001, 0.0003], startL2: 0.0001, more: { learningRate: 0.015 } },
      // With 30 experts, the default, an epoch takes as long as forty of the student alone.
      de: { lambda: [0.1, 1, 3], l2: [0.001, 0.003], more: { experts: 5 } },
    },
    taughtL2: [],
    bd: {
      // With as much for the teacher as for the student, the sampling that harms the teacher least would be chosen for both.
      start: { teacherLambda: 0.02 },
      draws: ['intended 1', 'intended 5', 'top 1'],
      teacherLambda: [0.02, 0.1],
      studentLambda: [0.5, 2],
      studentL2: [0.001, 0.003, 0.01],
    },
    phase: { evaluateEvery: 5, patience: 6 },
    trial: { patience: 4 },
    further: false,
  },
};

/** Each changes what the search chose. One that changes nothing is left out. */
export const ABLATIONS: Readonly<Record<string, Values>> = {
  'teacher to student only': { direction: 'to-student' },
  'student to teacher only': { direction: 'to-teacher' },
  'sampling intended': { sampling: 'intended' },
  'sampling swapped': { sampling: 'swapped' },
  'sampling published': { sampling: 'published' },
  'sampling top': { sampling: 'top' },
  'sampling uniform': { sampling: 'uniform' },
  'update 1': { update: 1 },
  'update 50': { update: 50 },
  'temperatures 1': { teacherTemperature: 1, studentTemperature: 1 },
  'temperatures 5': { teacherTemperature: 5, studentTemperature: 5 },
  'temperatures 10': { teacherTemperature: 10, studentTemperature: 10 },
  'lazy-adam': { optimizer: 'lazy-adam' },
};
