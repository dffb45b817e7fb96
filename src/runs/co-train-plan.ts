/** The plan of a joint training of teacher and student, checked before any work. */
import type { Dataset } from '../data/index.js';
import {
  type CoTrainedMethod,
  isCoTrained,
  type LearnerRole,
  learnerRoles,
  type MethodSpec,
  type Pair,
} from '../distill/index.js';
import { fail } from '../errors.js';
import type { EvaluationOptions } from '../eval/evaluation.js';
import type { Arithmetic } from '../kernels/index.js';
import { type MemoryPart, refuseBeyond, totalOf, worksElsewhere } from '../memory/index.js';
import { learnsPairs, type ModelSpec, modelRegistry, type TrainOptions, trainOptionsOf } from '../models/index.js';
import { ownOptions, parseOptions } from '../options/options.js';
import { brokenUnit } from '../options/registry.js';
import { returned } from '../options/unit-check.js';
import type { TrajectoryOptions } from '../train/index.js';
import { bytesOf, modelParts, withData } from './estimate.js';
import { dataSizeOf } from './from-data.js';
import { checkHeldOut, expectHeldOut, readMethodOptions } from './method.js';
import { revisionsOf } from './revisions.js';
import { type RunSpec, recordedArithmetic } from './run-manifest.js';
import type { SavedModel } from './saved-model.js';
import { unknownUnit } from './uses.js';

type Values = Readonly<Record<string, unknown>>;

/** One of the two models: the saved model and the options of its training. */
export interface Side {
  readonly role: LearnerRole;
  readonly saved: SavedModel;
  readonly spec: ModelSpec;
  /** Options of the training loop. */
  readonly options: TrainOptions;
  /** All options of the model; `options` is the part that the training loop reads. */
  readonly modelOptions: Values;
}

export interface CoTrainPlan {
  readonly method: CoTrainedMethod;
  /** Options of the method, checked and with defaults. */
  readonly options: Values;
  /** Teacher and student. */
  readonly sides: readonly [Side, Side];
  /** Bytes that a process with this training takes at most. */
  readonly memory: number;
  /** The same by parts. */
  readonly parts: readonly MemoryPart[];
}

/** @throws RecdistillError `needs-not-met` for a method that trains one model */
export function coTrainedOnly(method: MethodSpec): CoTrainedMethod {
  if (isCoTrained(method)) return method;
  return refuse(`${method.name} trains one student and does not change its teachers`, 'Use runJob, or choose bd.');
}

/**
 * @param saved the saved models of both; for `untrainedModel`, sizes are unknown and not checked
 * @throws RecdistillError `unknown-option`, `bad-option`, `needs-not-met`, `out-of-memory`
 */
export function planCoTraining(
  method: CoTrainedMethod,
  saved: Pair<SavedModel>,
  given: Values | undefined,
  dataset: Dataset,
): CoTrainPlan {
  const options = readMethodOptions(method, given, dataSizeOf(dataset));
  const [teacher, student] = [
    sideOf(method, 'teacher', saved.teacher, options, dataset),
    sideOf(method, 'student', saved.student, options, dataset),
  ];
  for (const { spec } of [teacher, student]) checkHeldOut(spec, dataset);
  expectHeldOut(dataset, method.name);
  const learners = { teacher: teacher.options, student: student.options };
  method.check?.(options, dataset.train, learners);
  if (learnerRoles.every((role) => sizeOf(saved[role]) > 0)) checkSizes(sizeOf(saved.teacher), sizeOf(saved.student));
  const [one, other] = learnerRoles.map((role) => learners[role].avoid ?? 'train');
  if (one !== other)
    refuse(`the teacher was trained with avoid ${one}, the student with ${other}`, 'Train both with the same value.');
  const sides = [teacher, student] as const;
  const size = { dataset };
  const parts = withData(size, [
    ...modelParts({ ...size, spec: teacher.spec, options: teacher.modelOptions }),
    ...modelParts({ ...size, second: true, spec: student.spec, options: student.modelOptions }),
    { name: method.name, bytes: bytesOf('method', method.name, method.memory(options, dataset.train, learners)) },
  ]);
  const { nUsers, nItems } = dataset.train;
  if (!worksElsewhere())
    refuseBeyond(
      parts,
      `${sides.map((s) => s.spec.name).join(' and ')} on ${nUsers} users x ${nItems} items`,
      'Nothing was started. Use smaller models, sample fewer items, or free memory.',
    );
  return { method, options, sides, memory: totalOf(parts), parts };
}

/** What the run of one of the two is made of, so that its hash is known before it is trained. @param hashes of where the two begin */
export function coTrainSpec(
  plan: CoTrainPlan,
  role: LearnerRole,
  hashes: Pair<string>,
  setting: {
    readonly evaluation: EvaluationOptions;
    readonly trajectory: TrajectoryOptions;
    readonly dataFingerprint: string;
    readonly arithmetic: Arithmetic;
  },
): RunSpec {
  const { method, sides } = plan;
  const side = sides.find((s) => s.role === role)!;
  return {
    ...{ kind: method.name, options: recordedOf(side, plan, setting.evaluation, setting.trajectory) },
    ...{ dataFingerprint: setting.dataFingerprint, inputs: pairInputs(hashes) },
    revisions: revisionsOf([side.spec, method], side.modelOptions),
    ...recordedArithmetic(setting.arithmetic),
  };
}

/** All options of the run of one of the two. */
export const recordedOf = (
  side: Side,
  { method, options }: CoTrainPlan,
  evaluation: EvaluationOptions,
  trajectory: TrajectoryOptions,
): Values => ({
  ...{ model: side.spec.name, method: method.name, role: side.role },
  ...{ ...side.modelOptions, ...options, ...evaluation, ...trajectory },
});

export const pairInputs = ({ teacher, student }: Pair<string>): Readonly<Record<string, string>> => ({
  ...{ 'teacher before': teacher, 'student before': student },
});

const sizeOf = ({ parameters }: SavedModel): number => Object.values(parameters).reduce((sum, p) => sum + p.length, 0);

function sideOf(method: CoTrainedMethod, role: LearnerRole, saved: SavedModel, o: Values, dataset: Dataset): Side {
  const spec = modelRegistry.all().find((m) => m.name === saved.model);
  if (!spec && saved.uses?.length) unknownUnit('model', saved.model, modelRegistry.all(), saved.uses);
  if (!spec || !learnsPairs(spec)) {
    const able = modelRegistry
      .all()
      .filter(learnsPairs)
      .map((m) => m.name);
    return refuse(
      `the ${role} is ${saved.model}, which cannot be trained together with another model`,
      `Supported models: ${able.join(', ')}.`,
    );
  }
  if (saved.dataFingerprint !== dataset.fingerprint) {
    const [before, now] = [saved.dataFingerprint, dataset.fingerprint].map((hash) => `${hash.slice(0, 12)}...`);
    refuse(
      `the ${role} was trained on other data (${before}, not ${now})`,
      'Teacher and student must see the same users, items and split: use the same data options.',
    );
  }
  const own = ownOptions(spec.options, saved.options);
  const replaced: unknown = method.learnerOptions(role, o);
  if (typeof replaced !== 'object' || replaced === null)
    return brokenUnit('method', method.name, `learnerOptions ${returned(replaced)}; expected options`);
  const changed = Object.entries(replaced).filter(([, value]) => value !== undefined);
  const unmatched = changed.find(([name]) => !(name in spec.options.shape))?.[0];
  if (unmatched !== undefined)
    return brokenUnit('method', method.name, `learnerOptions returned "${unmatched}", no option of ${saved.model}`);
  const modelOptions = parseOptions(
    spec.options,
    { ...own, ...Object.fromEntries(changed) },
    saved.model,
    dataSizeOf(dataset),
  );
  return { role, saved, spec, options: trainOptionsOf(modelOptions), modelOptions };
}

/** The teacher must not be smaller than the student. */
function checkSizes(teacher: number, student: number): void {
  if (teacher >= student) return;
  refuse(
    `the teacher has ${teacher} parameters and the student ${student}`,
    'The teacher must not be smaller than the student. Exchange them.',
  );
}

const refuse = (problem: string, hint: string): never => fail('needs-not-met', { problem, hint });
