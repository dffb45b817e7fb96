/** The trainings of one data set and seed. What is finished is read back. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Rankings, rankingOf } from 'recdistill/data';
import { methodOf } from 'recdistill/distill';
import type { Evaluation } from 'recdistill/eval';
import { readPreset } from 'recdistill/experiment';
import { modelOf } from 'recdistill/models';
import { runJob, splitOptions, type Teacher } from 'recdistill/runs';
import { type Context, kept } from '../../_page.js';
import { type Apart, isHidden } from './apart.js';
import { historiesOf, rankHidden } from './judge.js';
import { type DataSet, TEACHERS, TRIALS, TUNED_DIM, USUAL } from './sets.js';

export const METRICS = ['recall@50', 'ndcg@50'];
export type Values = Readonly<Record<string, number>>;

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
  const { folder, context } = work;
  context.say(`${folder}: ${model}`);
  mkdirSync(folder, { recursive: true });
  return trained(work, join(folder, model), { model, options: teacherOptions(work, model) });
}

function teacherOptions({ set, seed }: Work, model: string) {
  const preset = set.preset === undefined ? USUAL[model] : readPreset(set.preset).models[model]?.options;
  return { ...preset, ...('seed' in modelOf(model).options.shape ? { seed } : {}) };
}

export interface StudentRequest {
  readonly student: string;
  readonly method: string;
  readonly dim: number;
  readonly trial: number;
}

/** The defaults of the student, with the factors of the trial. */
function optionsOf({ student, method, dim, trial }: StudentRequest, seed: number) {
  const defaults = splitOptions(modelOf(student), methodOf(method), {}).modelOptions;
  const scaled = Object.entries(TRIALS[trial]!).map(([name, factor]) => [name, Number(defaults[name]) * factor]);
  return { dim, seed, ...Object.fromEntries(scaled) };
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
    const options = optionsOf({ student, method, dim, trial }, seed);
    const at = join(folder, 'students', name);
    mkdirSync(join(folder, 'students'), { recursive: true });
    const { cell } = await trained(work, at, { model: student, method, options, teachers: chosen });
    for (const path of [at, `${at}.rankings.json`]) if (existsSync(path)) rmSync(path, { recursive: true });
    return cell;
  });
}

/**
 * The hidden users in a student that was trained with them, by teachers that were trained with them: what they get when they are known.
 * Judged on the same items as when they are hidden.
 */
export function known(work: Work, student: string, method: string, trial: number): Promise<Values> {
  const { apart, folder, context, seed } = work;
  const { kernels, say } = context;
  return kept(join(folder, 'known', `${student}.json`), async () => {
    const request = { dataset: apart.whole, kernels };
    const teachers: Teacher[] = [];
    for (const model of TEACHERS) {
      say(`${folder}, with everyone: ${model}`);
      const options = teacherOptions(work, model);
      teachers.push((await runJob({ ...request, model, options, folder: join(folder, 'known', model) })).teacher);
    }
    say(`${folder}, with everyone: ${student}`);
    const options = optionsOf({ student, method, dim: TUNED_DIM, trial }, seed);
    const { rankings } = await runJob({ ...request, model: student, method, options, teachers });
    const itemOf = Array.from(apart.whole.items.ids, (id) => apart.base.items.index.get(id));
    const lists = apart.whole.users.ids.flatMap((_, u) => {
      if (!isHidden(u)) return [];
      const list = Array.from(rankingOf(rankings, u), (i) => itemOf[i]).filter((i) => i !== undefined);
      return [list.slice(0, apart.evaluator.depth)];
    });
    const { depth } = apart.evaluator;
    const items = new Int32Array(lists.length * depth).fill(-1);
    lists.forEach((list, u) => void items.set(list, u * depth));
    const shape = { nUsers: lists.length, nItems: apart.base.train.nItems, depth };
    return valuesOf(apart.evaluator.test({ ...shape, items }));
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
