/**
 * A folder with an ONNX model and the ids of its users and items. The inputs of the model are user indices, `k`, and
 * values that are added to the scores (-infinity excludes an item). The outputs are indices and scores of the best items:
 *
 *   scores = user_factors[user] . item_factors^T + item_bias + user_bias[user] + added;  items, scores = top k
 */
import { join } from 'node:path';
import { fail } from '../errors.js';
import { writeAtomic, writeFolder } from '../formats/index.js';
import { packageVersion } from '../formats/package-version.js';
import { encodeRows } from '../student/codes.js';
import { toHalf } from '../student/half.js';
import type { Precision, StudentModel } from '../student/index.js';
import { exporter } from './_exporter.js';
import { encodeOnnx, type OnnxNode, type OnnxTensor } from './onnx-proto.js';
import { sidecarFiles, writeSidecar } from './sidecar.js';

const MODEL = 'student.onnx';
const files: readonly string[] = [MODEL, ...Object.values(sidecarFiles)];
/** The format limits a message to 2 GiB. */
const MAX_BYTES = 2 ** 31 - 2 ** 20;

export const onnx = exporter({
  name: 'onnx',
  summary: 'a folder with an ONNX model that returns the best items, and ids as JSON',
  makes: 'folder',
  precisions: ['f32', 'f16', 'int8'],
  async write(student, out, precision) {
    const bytes = await modelBytes(student.model, precision, student.notes.licence);
    writeFolder(
      out,
      (name) => files.includes(name),
      (temp) => {
        writeAtomic(join(temp, MODEL), bytes);
        writeSidecar(temp, student, 'onnx', precision);
      },
    );
  },
});

function modelBytes(model: StudentModel, precision: Precision, licence: string): Promise<Uint8Array> {
  const { nUsers, nItems, dim, userBiases, itemBiases } = model;
  const user = factorsOf('user', model.userFactors, nUsers, dim, precision);
  const item = factorsOf('item', model.itemFactors, nItems, dim, precision);
  const constants: OnnxTensor[] = [...user.constants, ...item.constants];
  const size = constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (size > MAX_BYTES) {
    const problem = `the model would have ${size} bytes, but ONNX allows at most 2 GiB`;
    fail('usage', { problem, hint: 'Use a smaller --precision.' });
  }
  const nodes: OnnxNode[] = [
    ...user.decode('user'),
    ...item.decode(),
    {
      op: 'Gemm',
      inputs: ['user_rows', 'item_rows', ...(itemBiases ? ['item_bias'] : [])],
      outputs: ['products'],
      attributes: { transB: 1 },
    },
  ];
  let scores = 'products';
  if (itemBiases) constants.push({ name: 'item_bias', type: 'float', shape: [nItems], data: itemBiases });
  if (userBiases) {
    constants.push({ name: 'user_bias', type: 'float', shape: [nUsers, 1], data: userBiases });
    nodes.push({ op: 'Gather', inputs: ['user_bias', 'user'], outputs: ['user_bias_rows'] });
    nodes.push({ op: 'Add', inputs: [scores, 'user_bias_rows'], outputs: ['biased'] });
    scores = 'biased';
  }
  nodes.push({ op: 'Add', inputs: [scores, 'added'], outputs: ['all_scores'] });
  nodes.push({ op: 'TopK', inputs: ['all_scores', 'k'], outputs: ['scores', 'items'], attributes: { axis: -1 } });
  return encodeOnnx({
    ...{ version: packageVersion, nodes, constants },
    help: 'The best items for users, best first. User and item indices refer to "ids" in users.json and items.json.',
    inputs: [
      { name: 'user', type: 'int64', shape: ['users'], help: 'User indices, from 0.' },
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

interface Factors {
  readonly constants: readonly OnnxTensor[];
  /** Nodes that compute `<side>_rows` as floats. @param rows input with the row indices; default: all rows */
  decode(rows?: string): OnnxNode[];
}

function factorsOf(
  side: 'user' | 'item',
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
      const { codes, remainders, scales } = encodeRows(factors, dim);
      const parts = {
        codes: `${side}_codes`,
        remainders: `${side}_remainders`,
        scales: `${side}_scales`,
        step: `${side}_step`,
      };
      return {
        constants: [
          { name: parts.codes, type: 'int8', shape, data: codes },
          { name: parts.remainders, type: 'int8', shape, data: remainders },
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
