/** The tensors of a bundle. The reader is student/bundle-tensors.ts. */
import { fail } from '../errors.js';
import { tensorNames } from '../student/bundle-tensors.js';
import { encodeRows, exponentsOf } from '../student/codes.js';
import { toHalf } from '../student/half.js';
import { type Precision, precisions } from '../student/parse-bundle.js';
import type { Tensor } from '../student/safetensors.js';
import type { HistoryAnswer, StudentModel } from '../student/student-model.js';
import { encodeCounts, encodeIds, encodeRowsOfItems } from '../student/varints.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** @throws RecdistillError `usage` if a factor exceeds the range of the precision */
export function tensorsOf(model: StudentModel, precision: Precision): Tensors {
  const { nUsers, nItems, dim, userBiases, itemBiases, seen, answer, popular, userIds, itemIds } = model;
  return {
    ...(answer
      ? answerTensors(answer, model, precision)
      : {
          ...factorTensors('user', model.userFactors, [nUsers, dim], precision),
          ...packed(tensorNames.ids('user'), encodeIds(userIds)),
        }),
    ...factorTensors('item', model.itemFactors, [nItems, dim], precision),
    ...(userBiases && biasTensors('user', userBiases, precision)),
    ...(itemBiases && biasTensors('item', itemBiases, precision)),
    ...packed(tensorNames.ids('item'), encodeIds(itemIds)),
    ...packed(tensorNames.seen, seen && encodeRowsOfItems(seen)),
    ...packed(tensorNames.popularItems, popular && encodeCounts(popular.items)),
    ...packed(tensorNames.popularCounts, popular && encodeCounts(popular.counts)),
  };
}

function answerTensors(
  answer: HistoryAnswer,
  { nItems, dim, itemFactors }: StudentModel,
  precision: Precision,
): Tensors {
  if (answer.by === 'fold-in') return { [tensorNames.userNorm]: scalar(answer.userNorm) };
  const { inputFactors, exponent } = answer;
  // A model with one table for both has it once.
  const one = inputFactors.every((value, at) => value === itemFactors[at]);
  return {
    [tensorNames.exponent]: scalar(exponent),
    ...(one ? {} : factorTensors('input', inputFactors, [nItems, dim], precision)),
  };
}

const scalar = (value: number): Tensor => ({ shape: [], data: Float64Array.of(value) });

const packed = (name: string, data: Uint8Array | undefined): Tensors =>
  data ? { [name]: { shape: [data.length], data } } : {};

/** One number a row weighs little, so all precisions but int8 keep it as it is; there it has two bytes, and all rows one scale. */
function biasTensors(side: 'user' | 'item', biases: Float32Array, precision: Precision): Tensors {
  const name = `${side}.bias`;
  const shape = [biases.length];
  if (precision !== 'int8') return { [name]: { shape, data: biases } };
  const { codes, remainders, scales } = encodeRows(biases, biases.length, 2);
  return {
    [name]: { shape, data: codes },
    [`${name}.remainders`]: { shape, data: remainders! },
    [`${name}.exponents`]: { shape: [1], data: exponentsOf(scales) },
  };
}

function factorTensors(
  side: 'user' | 'item' | 'input',
  factors: Float32Array,
  shape: readonly [number, number],
  precision: Precision,
): Tensors {
  const name = `${side}.factors`;
  switch (precision) {
    case 'f32':
      return { [name]: { shape, data: factors } };
    case 'f16': {
      const large = factors.find((v) => Math.abs(v) >= 65_520);
      if (large !== undefined) {
        const problem = `the student has the factor ${large}, but the maximum of f16 is 65504`;
        fail('usage', { problem, hint: 'Use int16, which has the same size and a scale per row.' });
      }
      return { [name]: { shape, data: toHalf(factors) } };
    }
    case 'int16':
    case 'int8': {
      const { codes, remainders, scales } = encodeRows(factors, shape[1], precision === 'int16' ? 2 : 1);
      return {
        [name]: { shape, data: codes },
        ...(remainders && { [`${side}.remainders`]: { shape, data: remainders } }),
        [`${side}.exponents`]: { shape: [shape[0]], data: exponentsOf(scales) },
      };
    }
    default:
      return fail('usage', {
        problem: `there is no precision "${precision}"`,
        hint: `Known: ${precisions.join(', ')}.`,
      });
  }
}
