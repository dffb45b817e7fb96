/**
 * A folder with an ONNX model and the ids of its users and items. The inputs of the model are user indices, `k`, and
 * values that are added to the scores (-infinity excludes an item). The outputs are indices and scores of the best items:
 *
 *   scores = user_factors[user] . item_factors^T + item_bias + user_bias[user] + added;  items, scores = top k
 *
 * A student without users takes histories instead of user indices: rows of distinct item indices, padded with -1. Then
 * user_rows = max(1, |history|)^(-exponent) * sum of input_factors[history].
 */
import { join } from 'node:path';
import { fail } from '../errors.js';
import { writingAtomic, writingFolder } from '../formats/index.js';
import { packageVersion } from '../formats/package-version.js';
import { runInParts, within } from '../progress.js';
import { decodeRows, encodeRows } from '../student/codes.js';
import { toHalf } from '../student/half.js';
import { type Precision, precisions, type StudentModel } from '../student/index.js';
import { exporter, writingStep } from './_exporter.js';
import { encodeOnnx, type OnnxNode, type OnnxTensor, type OnnxValue } from './onnx-proto.js';
import { sidecarFiles, writingSidecar } from './sidecar.js';

const MODEL = 'student.onnx';
const files: readonly string[] = [MODEL, ...Object.values(sidecarFiles)];
/** The format limits a message to 2 GiB. */
const MAX_BYTES = 2 ** 31 - 2 ** 20;

export const onnx = exporter({
  name: 'onnx',
  summary: 'a folder with an ONNX model that returns the best items, and ids as JSON',
  makes: 'folder',
  precisions,
  async write(student, out, precision) {
    const bytes = await modelBytes(student.model, precision, student.notes.licence);
    const writing = writingFolder(
      out,
      (name) => files.includes(name),
      function* (temp) {
        yield* within(writingAtomic(join(temp, MODEL), bytes, bytes.length), 0, 0.6);
        yield* within(writingSidecar(temp, student, 'onnx', precision), 0.6, 1);
      },
    );
    await runInParts(writing, writingStep(out));
  },
});

function modelBytes(model: StudentModel, precision: Precision, licence: string): Promise<Uint8Array> {
  const { nUsers, nItems, dim, userBiases, itemBiases } = model;
  const user = model.answer ? historyRows(model, precision) : userRows(model, precision);
  const item = factorsOf('item', model.itemFactors, nItems, dim, precision);
  const constants: OnnxTensor[] = [...user.constants, ...item.constants];
  const size = constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (size > MAX_BYTES) {
    const problem = `the model would have ${size} bytes, but ONNX allows at most 2 GiB`;
    fail('usage', { problem, hint: 'Use a smaller --precision.' });
  }
  const nodes: OnnxNode[] = [
    ...user.nodes,
    ...item.decode(),
    {
      op: 'Gemm',
      inputs: ['user_rows', 'item_rows', ...(itemBiases ? ['item_bias'] : [])],
      outputs: ['products'],
      attributes: { transB: 1 },
    },
  ];
  let scores = 'products';
  if (itemBiases)
    constants.push({ name: 'item_bias', type: 'float', shape: [nItems], data: biasesIn(precision, itemBiases) });
  if (userBiases) {
    constants.push({ name: 'user_bias', type: 'float', shape: [nUsers, 1], data: biasesIn(precision, userBiases) });
    nodes.push({ op: 'Gather', inputs: ['user_bias', 'user'], outputs: ['user_bias_rows'] });
    nodes.push({ op: 'Add', inputs: [scores, 'user_bias_rows'], outputs: ['biased'] });
    scores = 'biased';
  }
  nodes.push({ op: 'Add', inputs: [scores, 'added'], outputs: ['all_scores'] });
  nodes.push({ op: 'TopK', inputs: ['all_scores', 'k'], outputs: ['scores', 'items'], attributes: { axis: -1 } });
  return encodeOnnx({
    ...{ version: packageVersion, nodes, constants },
    help: `The best items for users, best first. ${user.ids}`,
    inputs: [
      user.input,
      { name: 'k', type: 'int64', shape: [1], help: 'Length of the lists.' },
      {
        name: 'added',
        type: 'float',
        shape: ['rows', 'columns'],
        help: `Added to the scores: users x ${nItems}, with -infinity for items to exclude, or 1 x 1 with a 0.`,
      },
    ],
    outputs: [
      { name: 'items', type: 'int64', shape: ['users', 'length'], help: 'Item indices, from 0.' },
      { name: 'scores', type: 'float', shape: ['users', 'length'], help: 'Their scores.' },
    ],
    metadata: { licence, precision, items: String(nItems), users: String(nUsers) },
  });
}

/** How `user_rows` are computed, and from which input. */
interface UserRows {
  readonly constants: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
  readonly input: OnnxValue;
  /** Where the indices are explained. */
  readonly ids: string;
}

function userRows({ userFactors, nUsers, dim }: StudentModel, precision: Precision): UserRows {
  const { constants, decode } = factorsOf('user', userFactors, nUsers, dim, precision);
  return {
    constants,
    nodes: decode('user'),
    input: { name: 'user', type: 'int64', shape: ['users'], help: 'User indices, from 0.' },
    ids: 'User and item indices refer to "ids" in users.json and items.json.',
  };
}

/** @throws RecdistillError `usage` for a student that answers by fold-in, which solves a system of equations for each user */
function historyRows({ answer, nItems, dim }: StudentModel, precision: Precision): UserRows {
  if (answer?.by !== 'history') {
    const problem = 'onnx cannot answer by fold-in, as this student without users does';
    return fail('usage', { problem, hint: 'Export it with its users, or use bundle, npy, parquet or json.' });
  }
  // The last row is 0, and -1 is the index of the last row.
  const inputs = new Float32Array((nItems + 1) * dim);
  inputs.set(answer.inputFactors);
  const { constants, decode } = factorsOf('input', inputs, nItems + 1, dim, precision);
  const flat = 'history_flat';
  return {
    constants: [
      ...constants,
      { name: 'zero', type: 'int64', shape: [1], data: BigInt64Array.of(0n) },
      { name: 'last_axis', type: 'int64', shape: [1], data: BigInt64Array.of(1n) },
      { name: 'flat_shape', type: 'int64', shape: [1], data: BigInt64Array.of(-1n) },
      { name: 'row_shape', type: 'int64', shape: [1], data: BigInt64Array.of(BigInt(dim)) },
      { name: 'one', type: 'float', shape: [1], data: Float32Array.of(1) },
      { name: 'power', type: 'float', shape: [1], data: Float32Array.of(-answer.exponent) },
    ],
    nodes: [
      { op: 'Reshape', inputs: ['history', 'flat_shape'], outputs: [flat] },
      ...decode(flat),
      { op: 'Shape', inputs: ['history'], outputs: ['history_shape'] },
      { op: 'Concat', inputs: ['history_shape', 'row_shape'], outputs: ['cube_shape'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['input_rows', 'cube_shape'], outputs: ['input_cube'] },
      { op: 'ReduceSum', inputs: ['input_cube', 'last_axis'], outputs: ['input_sums'], attributes: { keepdims: 0 } },
      { op: 'Less', inputs: ['history', 'zero'], outputs: ['is_padding'] },
      { op: 'Not', inputs: ['is_padding'], outputs: ['is_item'] },
      castToFloat('is_item', 'is_item_float'),
      { op: 'ReduceSum', inputs: ['is_item_float', 'last_axis'], outputs: ['lengths'], attributes: { keepdims: 1 } },
      { op: 'Max', inputs: ['lengths', 'one'], outputs: ['counts'] },
      { op: 'Pow', inputs: ['counts', 'power'], outputs: ['weights'] },
      { op: 'Mul', inputs: ['input_sums', 'weights'], outputs: ['user_rows'] },
    ],
    input: {
      name: 'history',
      type: 'int64',
      shape: ['users', 'entries'],
      help: 'Rows of distinct item indices that users have, from 0, padded with -1.',
    },
    ids: 'Item indices refer to "ids" in items.json.',
  };
}

/** The biases that the bundle of this precision has, as floats. */
const biasesIn = (precision: Precision, biases: Float32Array): Float32Array =>
  precision === 'int8' ? decodeRows(encodeRows(biases, biases.length, 2), biases.length) : biases;

interface Factors {
  readonly constants: readonly OnnxTensor[];
  /** Nodes that compute `<side>_rows` as floats. @param rows input with the row indices; default: all rows */
  decode(rows?: string): OnnxNode[];
}

function factorsOf(
  side: 'user' | 'item' | 'input',
  factors: Float32Array,
  rows: number,
  dim: number,
  precision: Precision,
): Factors {
  const shape = [rows, dim];
  const taken = (name: string, wanted: string | undefined): [string, OnnxNode[]] =>
    wanted === undefined
      ? [name, []]
      : [`${name}_rows`, [{ op: 'Gather', inputs: [name, wanted], outputs: [`${name}_rows`] }]];
  const target = `${side}_rows`;
  const name = `${side}_factors`;
  switch (precision) {
    case 'f32':
      return {
        constants: [{ name, type: 'float', shape, data: factors }],
        decode(wanted) {
          const [source, nodes] = taken(name, wanted);
          return [...nodes, { op: 'Identity', inputs: [source], outputs: [target] }];
        },
      };
    case 'f16':
      return {
        constants: [{ name, type: 'float16', shape, data: toHalf(factors) }],
        decode(wanted) {
          const [source, nodes] = taken(name, wanted);
          return [...nodes, castToFloat(source, target)];
        },
      };
    case 'int8': {
      const { codes, scales } = encodeRows(factors, dim, 1);
      const parts = { codes: `${side}_codes`, scales: `${side}_scales` };
      return {
        constants: [
          { name: parts.codes, type: 'int8', shape, data: codes },
          { name: parts.scales, type: 'float', shape: [rows, 1], data: scales },
        ],
        // factor = scale * code, exact in float32.
        decode(wanted) {
          const [codesAt, a] = taken(parts.codes, wanted);
          const [scalesAt, b] = taken(parts.scales, wanted);
          return [
            ...[...a, ...b],
            castToFloat(codesAt, `${side}_whole`),
            { op: 'Mul', inputs: [`${side}_whole`, scalesAt], outputs: [target] },
          ];
        },
      };
    }
    case 'int16': {
      const { codes, remainders, scales } = encodeRows(factors, dim, 2);
      const parts = {
        codes: `${side}_codes`,
        remainders: `${side}_remainders`,
        scales: `${side}_scales`,
        step: `${side}_step`,
      };
      return {
        constants: [
          { name: parts.codes, type: 'int8', shape, data: codes },
          { name: parts.remainders, type: 'int8', shape, data: remainders! },
          { name: parts.scales, type: 'float', shape: [rows, 1], data: scales },
          { name: parts.step, type: 'float', shape: [1], data: Float32Array.of(1 / 256) },
        ],
        // factor = scale * (code + remainder / 256), exact in float32.
        decode(wanted) {
          const [codesAt, a] = taken(parts.codes, wanted);
          const [remaindersAt, b] = taken(parts.remainders, wanted);
          const [scalesAt, c] = taken(parts.scales, wanted);
          return [
            ...[...a, ...b, ...c],
            castToFloat(codesAt, `${side}_whole`),
            castToFloat(remaindersAt, `${side}_rest`),
            { op: 'Mul', inputs: [`${side}_rest`, parts.step], outputs: [`${side}_part`] },
            { op: 'Add', inputs: [`${side}_whole`, `${side}_part`], outputs: [`${side}_sum`] },
            { op: 'Mul', inputs: [`${side}_sum`, scalesAt], outputs: [target] },
          ];
        },
      };
    }
  }
}

const castToFloat = (from: string, to: string): OnnxNode => ({
  op: 'Cast',
  inputs: [from],
  outputs: [to],
  attributes: { to: 1 },
});
