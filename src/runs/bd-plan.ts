/** What a bidirectional distillation is to do, checked before any work. */
import { parseOptions } from '../options/options.js';
import type { Dataset } from '../data/index.js';
import { type BdOptions, bdOptions, mostEpsilon, publishedBd } from '../distill/index.js';
import { fail } from '../errors.js';
import { learnsPairs, type ModelSpec, modelRegistry, type TrainOptions } from '../models/index.js';
import type { SavedModel } from './saved-model.js';

export type BdRole = 'teacher' | 'student';

export const bdRoles: readonly BdRole[] = ['teacher', 'student'];

/** One of the two: what it was, and how it trains on. */
export interface BdSide {
  readonly role: BdRole;
  readonly saved: SavedModel;
  readonly spec: ModelSpec;
  /** Of the model. */
  readonly options: TrainOptions;
}

/** The options with defaults; those of the protocol stand beneath what is given. @throws RecdistillError `unknown-option`, `bad-option` */
export function readBdOptions(given: Readonly<Record<string, unknown>> = {}): BdOptions {
  const beneath = given.protocol === 'reference' ? publishedBd : {};
  return parseOptions(bdOptions, { ...beneath, ...given }, 'bd');
}

/** @throws RecdistillError `needs-not-met`, `bad-option` */
export function planBd(saved: Readonly<Record<BdRole, SavedModel>>, o: BdOptions, dataset: Dataset): readonly BdSide[] {
  checkOptions(o, dataset);
  const sides = bdRoles.map((role) => sideOf(role, saved[role], o, dataset));
  checkSizes(sizeOf(saved.teacher), sizeOf(saved.student));
  const [one, other] = sides.map(({ options }) => options.avoid ?? 'train');
  if (one !== other)
    refuse(`the teacher was trained with avoid ${one}, the student with ${other}`, 'Train both with the same.');
  return sides;
}

const sizeOf = ({ parameters }: SavedModel): number => Object.values(parameters).reduce((sum, p) => sum + p.length, 0);

function checkOptions(o: BdOptions, { train }: Dataset): void {
  const refuse = (option: string, given: unknown, expected: string, help: string) =>
    fail('bad-option', { owner: 'bd', option, given, expected, help });
  if (o.update > o.epochs)
    refuse('update', o.update, `at most ${o.epochs}, the epochs`, 'Items are drawn anew every `update` epochs.');
  const most = mostEpsilon(train.nItems);
  if (o.epsilon > most && ['intended', 'reference', 'swapped'].includes(o.sampling)) {
    const expected = `at most ${most.toPrecision(2)} with ${train.nItems} items`;
    refuse('epsilon', o.epsilon, expected, 'Beyond that the weights of items leave the range of numbers.');
  }
}

function sideOf(role: BdRole, saved: SavedModel, o: BdOptions, dataset: Dataset): BdSide {
  const spec = modelRegistry.all().find((m) => m.name === saved.model);
  if (!spec || !learnsPairs(spec)) {
    const able = modelRegistry.all().filter(learnsPairs).map((m) => m.name);
    refuse(
      `the ${role} is ${saved.model}, which cannot train on with another model`,
      `Models that can: ${able.join(', ')}.`,
    );
  }
  if (saved.dataFingerprint !== dataset.fingerprint) {
    const [before, now] = [saved.dataFingerprint, dataset.fingerprint].map((hash) => `${hash.slice(0, 12)}...`);
    refuse(
      `the ${role} was trained on other data (${before}, not ${now})`,
      'Teacher and student must see the same users, items and split: use the same data options.',
    );
  }
  const own = Object.fromEntries(Object.entries(saved.options).filter(([name]) => name in spec!.options.shape));
  const { epochs, evaluateEvery, patience, seed, optimizer, batchSize } = o;
  const [learningRate, l2] =
    role === 'teacher' ? [o.teacherLearningRate, o.teacherL2] : [o.studentLearningRate, o.studentL2];
  const asked = Object.entries({ learningRate, l2, batchSize }).filter(([, value]) => value !== undefined);
  const changed = { epochs, evaluateEvery, patience, seed, optimizer, ...Object.fromEntries(asked) };
  const options = parseOptions(spec!.options, { ...own, ...changed }, saved.model) as unknown as TrainOptions;
  const { negatives = 1 } = options;
  if (o.sharedDraw && o.samples !== undefined && o.samples !== negatives) {
    fail('bad-option', {
      ...{ owner: 'bd', option: 'samples', given: o.samples },
      expected: `${negatives} with sharedDraw, the negatives of the ${role}`,
      help: 'Leave it out: each drawn item takes the place of one negative.',
    });
  }
  return { role, saved, spec: spec!, options };
}

/** The larger one teaches. */
function checkSizes(teacher: number, student: number): void {
  if (teacher >= student) return;
  refuse(
    `the teacher has ${teacher} numbers and the student ${student}`,
    'The teacher must not be smaller than the student: exchange them.',
  );
}

const refuse = (problem: string, hint: string): never => fail('needs-not-met', { problem, hint });
