/** A folder of NumPy arrays (.npy, format version 1.0), readable by `numpy.load` without pickle and by most vector databases. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { writingAtomic, writingFolder } from '../formats/index.js';
import { type OpenFile, withFile } from '../formats/read.js';
import { runInParts, within } from '../progress.js';
import { fromHalf, toHalf } from '../student/half.js';
import { exporter, writingStep } from './_exporter.js';
import { assembled, damaged, partsOf, readSidecar, sidecarFiles, writingSidecar } from './sidecar.js';

/** NumPy type descriptors of the arrays. A Uint16Array holds the bits of half precision. */
const types = { '<f4': Float32Array, '<f2': Uint16Array, '<i4': Int32Array } as const;
type ArrayType = keyof typeof types;
type NpyArray = Float32Array | Uint16Array | Int32Array;

const arrays = [
  ...(['user_factors', 'item_factors', 'input_factors'] as const),
  ...(['user_bias', 'item_bias', 'seen_indptr', 'seen_indices'] as const),
];
type ArrayName = (typeof arrays)[number];
const fileOf = (name: ArrayName): string => `${name}.npy`;
const files: readonly string[] = [...arrays.map(fileOf), ...Object.values(sidecarFiles)];

export const npy = exporter({
  name: 'npy',
  summary: 'a folder of NumPy arrays with the parts of the student, and ids as JSON',
  makes: 'folder',
  precisions: ['f32', 'f16'],
  async write(student, out, precision) {
    const { nUsers, nItems, dim, userFactors, itemFactors, userBiases, itemBiases, seen, answer } = student.model;
    const inputFactors = answer?.by === 'history' ? answer.inputFactors : undefined;
    if (precision === 'f16') refuseLarge(userFactors, itemFactors, ...(inputFactors ? [inputFactors] : []));
    const factors = (values: Float32Array): NpyArray => (precision === 'f16' ? toHalf(values) : values);
    const all = 4 * ((nUsers + nItems) * dim + (seen?.indices.length ?? 0));
    const writing = writingFolder(
      out,
      (name) => files.includes(name),
      function* (temp) {
        let done = 0;
        function* write(name: ArrayName, values: NpyArray, shape: readonly number[]): Generator<number, void> {
          const { byteLength } = values;
          const written = writingAtomic(join(temp, fileOf(name)), encodeNpy(values, shape), byteLength);
          yield* within(written, (0.6 * done) / all, (0.6 * (done + byteLength)) / all);
          done += byteLength;
        }
        if (!answer) yield* write('user_factors', factors(userFactors), [nUsers, dim]);
        if (inputFactors) yield* write('input_factors', factors(inputFactors), [nItems, dim]);
        yield* write('item_factors', factors(itemFactors), [nItems, dim]);
        if (userBiases) yield* write('user_bias', userBiases, [nUsers]);
        if (itemBiases) yield* write('item_bias', itemBiases, [nItems]);
        if (seen) {
          yield* write('seen_indptr', seen.indptr, [nUsers + 1]);
          yield* write('seen_indices', seen.indices, [seen.indices.length]);
        }
        yield* within(writingSidecar(temp, student, 'npy', precision), 0.6, 1);
      },
    );
    await runInParts(writing, writingStep(out));
  },
  async read(path) {
    const { about, ...names } = readSidecar(path, 'npy');
    const { users: nUsers, items: nItems, dim, notes } = about;
    const factors = (name: ArrayName, rows: number): Float32Array => {
      const values = decodeNpy(join(path, fileOf(name)), [rows, dim]);
      return values instanceof Uint16Array ? fromHalf(values) : floats(join(path, fileOf(name)), values);
    };
    const biases = (name: ArrayName, rows: number) =>
      optional(path, name, (file) => floats(file, decodeNpy(file, [rows])));
    const whole = (name: ArrayName, rows: number | null) =>
      optional(path, name, (file) => {
        const values = decodeNpy(file, [rows]);
        return values instanceof Int32Array ? values : damaged(file, 'it does not contain 32-bit integers (<i4)');
      });
    const [userBiases, itemBiases] = [biases('user_bias', nUsers), biases('item_bias', nItems)];
    const [indptr, indices] = [whole('seen_indptr', nUsers + 1), whole('seen_indices', null)];
    if (!indptr !== !indices) damaged(path, 'it has only one of seen_indptr.npy and seen_indices.npy');
    const model = {
      ...{ nUsers, nItems, dim, ...names },
      ...partsOf(about, () => factors('input_factors', nItems)),
      userFactors: about.answer ? new Float32Array(0) : factors('user_factors', nUsers),
      itemFactors: factors('item_factors', nItems),
      ...defined({ userBiases, itemBiases }),
      ...(indptr && indices && { seen: { indptr, indices } }),
    };
    return assembled(path, model, notes);
  },
});

const floats = (file: string, values: NpyArray): Float32Array =>
  values instanceof Float32Array ? values : damaged(file, 'it does not contain 32-bit floats (<f4)');

function optional<T>(folder: string, name: ArrayName, read: (file: string) => T): T | undefined {
  const file = join(folder, fileOf(name));
  return existsSync(file) ? read(file) : undefined;
}

/** @throws RecdistillError `usage` */
function refuseLarge(...tables: readonly Float32Array[]): void {
  const large = tables.map((table) => table.find((v) => Math.abs(v) >= 65_520)).find((v) => v !== undefined);
  if (large === undefined) return;
  fail('usage', { problem: `the student has the factor ${large}, but the maximum of f16 is 65504`, hint: 'Use f32.' });
}

const MAGIC = '\x93NUMPY\x01\x00';

/** Encodes an array of the given shape, row by row. */
function encodeNpy(values: NpyArray, shape: readonly number[]): Uint8Array[] {
  const type = values instanceof Float32Array ? '<f4' : values instanceof Int32Array ? '<i4' : '<f2';
  const spelled = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const words = `{'descr': '${type}', 'fortran_order': False, 'shape': (${spelled}), }`;
  // Magic, two bytes of length, the header and a line end are padded to a multiple of 64 bytes.
  const length = Math.ceil((MAGIC.length + 2 + words.length + 1) / 64) * 64 - MAGIC.length - 2;
  const head = Buffer.alloc(MAGIC.length + 2 + length, ' ');
  head.write(MAGIC, 'latin1');
  head.writeUInt16LE(length, MAGIC.length);
  head.write(words, MAGIC.length + 2, 'latin1');
  head.write('\n', head.length - 1);
  return [head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}

/** @param shape the expected shape; `null` allows any length. @throws RecdistillError `artifact-damaged` */
function decodeNpy(path: string, shape: readonly (number | null)[]): NpyArray {
  return withFile(path, (file) => arrayIn(file, shape));
}

function arrayIn({ path, bytes, read }: OpenFile, shape: readonly (number | null)[]): NpyArray {
  const first = Buffer.from(read(0, Math.min(10, bytes)));
  if (first.length < 10 || first.toString('latin1', 0, 8) !== MAGIC)
    damaged(path, 'it is not a .npy file of version 1.0');
  const start = 10 + first.readUInt16LE(8);
  if (start > bytes) damaged(path, 'it ends within its header');
  const words = Buffer.from(read(10, start - 10)).toString('latin1');
  const descr = /'descr':\s*'([^']*)'/.exec(words)?.[1] ?? '';
  const given = /'shape':\s*\(([^)]*)\)/
    .exec(words)?.[1]
    ?.split(',')
    .flatMap((n) => (n.trim() ? [Number(n)] : []));
  if (!Object.hasOwn(types, descr) || !/'fortran_order':\s*False/.test(words) || !given) {
    damaged(path, `its header is ${JSON.stringify(words.trim().slice(0, 100))}`);
  }
  const fits = given!.length === shape.length && shape.every((n, d) => n === null || n === given![d]);
  if (!fits) damaged(path, `its shape is (${given}); expected (${shape.map((n) => n ?? 'any')})`);
  const Type = types[descr as ArrayType];
  const length = given!.reduce((product, n) => product * n, 1);
  // Compared before the data is read.
  if (bytes - start !== length * Type.BYTES_PER_ELEMENT) {
    damaged(path, `it has ${bytes - start} bytes of data; its shape needs ${length * Type.BYTES_PER_ELEMENT}`);
  }
  return new Type(read(start, bytes - start).buffer as ArrayBuffer);
}
