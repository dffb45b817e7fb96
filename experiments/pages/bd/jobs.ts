/** Trainings that the pages on bidirectional distillation share. Each is a run in a folder; a finished one is read back. */
import { join } from 'node:path';
import type { LoadedDataset } from 'recdistill/data';
import { mean } from 'recdistill/experiment';
import { readHistory } from 'recdistill/report';
import { coTrain, type Job, readSavedModel, runJob, type SavedModel } from 'recdistill/runs';
import type { Context } from '../../_page.js';
import type { Search } from '../../tables.js';

type Values = Readonly<Record<string, unknown>>;

export const METRICS = ['recall@10', 'ndcg@10', 'recall@50', 'ndcg@50'];
/** Of tests. */
export const AT_50 = ['recall@50', 'ndcg@50'];
export const ROLES = ['teacher', 'student'] as const;
export type Role = (typeof ROLES)[number];
const BASE = { epochs: 1000, evaluateEvery: 10, patience: 5 };
const PHASE = { epochs: 100, evaluateEvery: 10, patience: 5 };

/** A model that was trained alone. */
export interface Trained {
  readonly job: Job;
  readonly saved: SavedModel;
}
export type TrainedPair = Readonly<Record<Role, Trained>>;

export const slug = (text: string): string => text.replaceAll(' ', '-');

/** The metric on valid of the parameters that were kept. */
export const valid = ({ teacher }: Job): number => teacher.trajectory.checkpoints.at(-1)!.metrics['recall@50']!;

/** One seed for each role: two models that begin alike would learn alike. */
export const seedOf = (role: Role, seed: number): number => 2 * seed + (role === 'teacher' ? 0 : 1);

/** The best of some values by `evaluate` on valid. A single value is taken as it is. */
export async function searched<T extends string | number>(
  values: readonly T[],
  evaluate: (value: T) => Promise<number>,
): Promise<Search & { readonly best: T }> {
  if (values.length === 1) return { best: values[0]!, tries: [] };
  const tries: { value: T; valid: number }[] = [];
  for (const value of values) tries.push({ value, valid: await evaluate(value) });
  return { best: tries.reduce((a, b) => (b.valid > a.valid ? b : a)).value, tries };
}

/** What is tried for a phase of co-training, one setting after the other. A setting without values keeps what it is. */
export interface Tried {
  /** Options to begin with. */
  readonly start?: Values;
  /** A sampling and a temperature, such as `top 1`. Tried together, as `top` does harm unless the temperature is low. */
  readonly draws?: readonly string[];
  readonly teacherLambda?: readonly number[];
  readonly studentLambda?: readonly number[];
  readonly teacherL2?: readonly number[];
  readonly studentL2?: readonly number[];
}

const drawOf = (text: string): Values => {
  const [sampling, temperature] = text.split(' ');
  return { sampling, teacherTemperature: Number(temperature), studentTemperature: Number(temperature) };
};

export interface PhaseSearch {
  readonly found: Readonly<Record<string, Search>>;
  readonly settings: Values;
}

/** @param phase options of every phase of co-training */
export function createJobs(dataset: LoadedDataset, { kernels, runs, say }: Context, phase: Values = {}) {
  /** The best epoch on valid of a model in a phase. Its start, which the phase may have kept, is left out. */
  const bestAfter = (where: string, role: Role): number =>
    Math.max(
      ...readHistory(join(runs, where, role))
        .valid.filter(({ epoch }) => epoch > 0)
        .map(({ metrics }) => metrics['recall@50']!),
    );
  /** A model that learns alone. */
  const apart = async (model: string, role: Role, options: Values, seed: number, where: string): Promise<Trained> => {
    say(`seed ${seed}: ${where}`);
    const folder = join(runs, where);
    const own = { ...BASE, seed: seedOf(role, seed), ...options };
    return { job: await runJob({ dataset, kernels, model, options: own, folder }), saved: readSavedModel(folder) };
  };
  /** A student that learns from a finished teacher. */
  const oneWay = (model: string, method: string, options: Values, from: Job, seed: number, where: string) => {
    say(`seed ${seed}: ${where}`);
    const own = { ...BASE, seed: seedOf('student', seed), ...options };
    const request = { dataset, kernels, model, method, teachers: [from.teacher], folder: join(runs, where) };
    return runJob({ ...request, options: own });
  };
  /** Both learn on, from each other. */
  const together = ({ teacher, student }: TrainedPair, options: Values, seed: number, where: string) => {
    say(`seed ${seed}: ${where}`);
    const pair = { teacher: teacher.saved, student: student.saved };
    const own = { ...PHASE, ...phase, seed, ...options };
    return coTrain({ ...{ dataset, kernels, method: 'bd', folder: join(runs, where) }, ...pair, options: own });
  };
  /**
   * Searches the settings of the phase in seed 0, by the models after it relative to what they were before.
   * @param trial options of every trial
   */
  async function searchPhase(own: TrainedPair, tried: Tried, at: string, trial: Values = {}): Promise<PhaseSearch> {
    const [teacherL2, studentL2] = ROLES.map((role) => own[role].job.result.options.l2);
    let settings: Values = { teacherLambda: 0.5, studentLambda: 0.5, teacherL2, studentL2, ...tried.start };
    const found: Record<string, Search> = {};
    const step = async <T extends string | number>(
      what: string,
      values: readonly T[] | undefined,
      optionsOf: (value: T) => Values,
      roles: readonly Role[],
    ) => {
      if (values === undefined) return;
      const result = await searched(values, async (value) => {
        const options = { ...settings, ...optionsOf(value) };
        // Named by its options, so that no step trains again what another has tried.
        const where = slug(`${at}/bd ${Object.values(options).join(' ')}`);
        await together(own, { ...trial, ...options }, 0, where);
        return mean(roles.map((role) => bestAfter(where, role) / valid(own[role].job)));
      });
      found[`bd, ${what}`] = result;
      settings = { ...settings, ...optionsOf(result.best) };
    };
    await step('sampling and temperatures', tried.draws, drawOf, ROLES);
    await step('weight for the teacher', tried.teacherLambda, (teacherLambda) => ({ teacherLambda }), ['teacher']);
    await step('weight for the student', tried.studentLambda, (studentLambda) => ({ studentLambda }), ['student']);
    await step('l2 of the teacher', tried.teacherL2, (teacherL2) => ({ teacherL2 }), ['teacher']);
    await step('l2 of the student', tried.studentL2, (studentL2) => ({ studentL2 }), ['student']);
    return { found, settings };
  }
  return { apart, oneWay, together, bestAfter, searchPhase };
}
