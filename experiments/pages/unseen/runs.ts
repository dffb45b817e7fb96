/** The trainings of one data set and seed. What is finished is read back. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rankings } from 'recdistill/data';
import { methodOf } from 'recdistill/distill';
import type { Evaluation } from 'recdistill/eval';
import { readPreset } from 'recdistill/experiment';
import { modelOf } from 'recdistill/models';
import { runJob, splitOptions, type Teacher } from 'recdistill/runs';
import { type Context, kept } from '../../_page.js';
import type { Apart } from './apart.js';
import { historiesOf, rankHidden } from './judge.js';
import { type DataSet, TEACHERS, TRIALS, TUNED_DIM } from './sets.js';

export const METRICS = ['recall@50', 'ndcg@50'];
type Values = Readonly<Record<string, number>>;

export interface Cell {
  /** Users who took part in the training, and those who did not. */
  readonly seen: Values;
  readonly unseen: Values;
  /** R@50 on valid of the seen ones. NaN for a model that is computed. */
  readonly valid: number;
  readonly seconds: number;
  readonly parameters: number;
  /** Of the bundle in f32. Absent for a model that has none. */
  readonly bundleBytes?: number;
  readonly by?: string;
}

export const valuesOf = ({ means }: Evaluation): Values => Object.fromEntries(METRICS.map((m) => [m, means[m]!]));

export interface Trained {
  readonly cell: Cell;
  /** Lists for the test part, of the users of the training and of the hidden ones. */
  readonly seenLists: Rankings;
  readonly unseenLists: Rankings;
  readonly teacher: Teacher;
}

/** Trains a model without the hidden users and judges both groups. */
async function trained(
  { apart, context }: Work,
  folder: string,
  request: {
    readonly model: string;
    readonly method?: string;
    readonly options: object;
    readonly teachers?: readonly Teacher[];
  },
): Promise<Trained> {
  const { kernels } = context;
  const file = `${folder}.rankings.json`;
  const job = await runJob(
    { dataset: apart.base, kernels, ...request, options: { ...request.options }, folder },
    (model) => {
      const histories = historiesOf(kernels, model);
      const rankings = rankHidden(kernels, histories, apart);
      writeFileSync(file, JSON.stringify({ by: histories.by, rankings: { ...rankings, items: [...rankings.items] } }));
    },
  );
  const { by, rankings: stored } = JSON.parse(readFileSync(file, 'utf8'));
  const rankings: Rankings = { ...stored, items: Int32Array.from(stored.items) };
  const { seconds, parameters, bundleBytes } = job.result;
  const valid = job.teacher.trajectory.checkpoints.at(-1)!.metrics['recall@50'] ?? Number.NaN;
  const cell = {
    ...{ seen: valuesOf(job.evaluation), unseen: valuesOf(apart.evaluator.test(rankings)) },
    ...{ valid, seconds, parameters },
    ...(bundleBytes !== undefined && { bundleBytes }),
    ...(by !== undefined && { by }),
  };
  return { cell, seenLists: job.rankings, unseenLists: rankings, teacher: job.teacher };
}

export interface Work {
  readonly apart: Apart;
  readonly context: Context;
  readonly set: DataSet;
  readonly folder: string;
  readonly seed: number;
}

/** A teacher, or a model to compare with. */
export function base(work: Work, model: string): Promise<Trained> {
  const { set, seed, folder, context } = work;
  context.say(`${folder}: ${model}`);
  const preset = set.preset === undefined ? {} : (readPreset(set.preset).models[model]?.options ?? {});
  mkdirSync(folder, { recursive: true });
  return trained(work, join(folder, model), { model, options: { ...preset, ...seeded(model, seed) } });
}

const seeded = (model: string, seed: number) => ('seed' in modelOf(model).options.shape ? { seed } : {});

export interface StudentRequest {
  readonly student: string;
  readonly method: string;
  readonly dim: number;
  readonly trial: number;
}

/** A student. Its run is deleted once its numbers are known. */
export function taught(
  work: Work,
  { student, method, dim, trial }: StudentRequest,
  teachersOf: () => Promise<readonly Teacher[]>,
): Promise<Cell> {
  const { folder, seed, context } = work;
  const name = `${student}-${method}-${dim}-${trial}`;
  return kept(join(folder, 'students', `${name}.json`), async () => {
    const teachers = method === 'none' ? [] : await teachersOf();
    context.say(`${folder}: ${name}`);
    const chosen = method === 'rrd' ? [bestOf(teachers)] : teachers;
    const defaults = splitOptions(modelOf(student), methodOf(method), {}).modelOptions;
    const scaled = Object.entries(TRIALS[trial]!).map(([name, factor]) => [name, Number(defaults[name]) * factor]);
    const options = { dim, seed, ...Object.fromEntries(scaled) };
    const at = join(folder, 'students', name);
    mkdirSync(join(folder, 'students'), { recursive: true });
    const { cell } = await trained(work, at, { model: student, method, options, teachers: chosen });
    for (const path of [at, `${at}.rankings.json`]) if (existsSync(path)) rmSync(path, { recursive: true });
    return cell;
  });
}

/** The teacher that is best on valid. */
const bestOf = (teachers: readonly Teacher[]): Teacher =>
  teachers.reduce((best, t) => (validOf(t) > validOf(best) ? t : best));
const validOf = ({ trajectory }: Teacher): number => trajectory.checkpoints.at(-1)!.metrics['recall@50'] ?? 0;

/** The trial with the best valid for a method and a student, at one size and with the first seed. */
export async function searched(
  work: Work,
  student: string,
  method: string,
  teachersOf: () => Promise<readonly Teacher[]>,
): Promise<number> {
  const found: number[] = [];
  for (const trial of TRIALS.keys())
    found.push((await taught(work, { student, method, dim: TUNED_DIM, trial }, teachersOf)).valid);
  return found.indexOf(Math.max(...found));
}

/** Trains the teachers when they are first asked for. */
export function teachersOf(work: Work): {
  readonly trained: () => Promise<readonly Trained[]>;
  readonly teachers: () => Promise<readonly Teacher[]>;
} {
  let made: Promise<readonly Trained[]> | undefined;
  const all = async () => {
    const list: Trained[] = [];
    for (const model of TEACHERS) list.push(await base(work, model));
    return list;
  };
  const trainedOnes = () => {
    made ??= all();
    return made;
  };
  return { trained: trainedOnes, teachers: async () => (await trainedOnes()).map(({ teacher }) => teacher) };
}
