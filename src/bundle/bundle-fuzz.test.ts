/** Ten thousand damaged bundles: each is refused with a clean error or answers as it should; none crashes, hangs or asks for much memory. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { canonicalJson } from '../student/canonical-json.js';
import {
  bundleFiles,
  createStudent,
  parseBundle,
  precisions,
  StudentError,
  type StudentModel,
} from '../student/index.js';
import { writeBundle } from './bundle.js';
import { withoutUsers } from './without-users.js';

type Part = keyof typeof bundleFiles;
type Files = Record<Part, Buffer>;
const parts = Object.keys(bundleFiles) as Part[];
/** The content of a file that a bundle without users does not have. */
const NONE = Buffer.from('{}');

const [nUsers, nItems, dim] = [4, 40, 6];
const model: StudentModel = {
  ...{ nUsers, nItems, dim },
  userFactors: Float32Array.from({ length: nUsers * dim }, (_, j) => Math.sin(j + 1)),
  itemFactors: Float32Array.from({ length: nItems * dim }, (_, j) => Math.cos(3 * j)),
  itemBiases: Float32Array.from({ length: nItems }, (_, j) => Math.sin(5 * j)),
  userIds: Array.from({ length: nUsers }, (_, u) => `user ${u}`),
  itemIds: Array.from({ length: nItems }, (_, i) => `item ${i}`),
  labels: Array.from({ length: nItems }, (_, i) => `Item ${i}`),
  seen: { indptr: Int32Array.of(0, 2, 2, 3, 4), indices: Int32Array.of(1, 5, 0, 39) },
};

const { seen: _, ...items } = model;
const itemsOnly: StudentModel = {
  ...{ ...items, nUsers: 0, userIds: [], userFactors: new Float32Array(0) },
  itemIds: Array.from({ length: nItems }, (_, i) => String(7 * i)),
  answer: { by: 'history', inputFactors: model.itemFactors.map((v) => v / 2), exponent: 0.5 },
  popular: { items: Int32Array.of(3, 1), counts: Int32Array.of(9, 2) },
};

let dir: string;
const whole: Files[] = [];
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-fuzz-'));
  for (const precision of precisions)
    for (const [kind, made] of Object.entries({ whole: model, history: itemsOnly, 'fold-in': withoutUsers(model) })) {
      const folder = join(dir, `${kind}-${precision}`);
      writeBundle(folder, made, { dataFingerprint: 'f00d', licence: 'none', madeBy: {}, metrics: {} }, { precision });
      const read = (part: Part) => {
        const file = join(folder, bundleFiles[part]);
        return [part, fs.existsSync(file) ? fs.readFileSync(file) : NONE] as const;
      };
      whole.push(Object.fromEntries(parts.map(read)) as Files);
    }
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

let state = 20_260_101;
/** A whole number from 0 to n - 1. */
const below = (n: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return Math.floor(((state >>> 0) / 2 ** 32) * n);
};
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!;

const numbers = [0, -1, 1, 0.5, 7, 2 ** 31, 2 ** 32, 2 ** 53, 1e15, 1e300, -(2 ** 31)];
const values: readonly unknown[] = [
  ...numbers,
  null,
  '',
  'F32',
  'I8',
  'F64',
  'BOOL',
  [],
  [2 ** 31, 2 ** 31],
  [-1, 4],
  {},
  { length: 1e9 },
  true,
  '\u0000',
];

/** Replaces, removes, repeats or adds something somewhere in a JSON value. */
function tamper(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || below(6) === 0) return oneOf(values);
  if (Array.isArray(json)) {
    if (json.length === 0 || below(4) === 0) return below(2) ? [...json, oneOf(values)] : json.slice(1);
    const at = below(json.length);
    return json.map((v, n) => (n === at ? tamper(v) : v));
  }
  const key = oneOf(Object.keys(json).concat('extra'));
  const { [key]: value, ...rest } = json as Record<string, unknown>;
  return below(5) === 0 ? rest : { ...rest, [key]: tamper(value ?? oneOf(values)) };
}

const retold = (json: string, change: (value: unknown) => unknown): Buffer =>
  Buffer.from(JSON.stringify(change(JSON.parse(json))) ?? '');

/** The header of the tensors as JSON, changed, with the length that belongs to it. */
function reheaded(tensors: Buffer): Buffer {
  const length = Number(tensors.readBigUInt64LE());
  const header = retold(tensors.toString('utf8', 8, 8 + length), tamper);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(
    BigInt(below(8) === 0 ? oneOf([2 ** 31, 2 ** 53, 99_999_999, header.length + 1]) : header.length),
  );
  return Buffer.concat([size, header, tensors.subarray(8 + length)]);
}

const damages: Record<string, (bytes: Buffer, part: Part) => Buffer> = {
  truncated: (bytes) => bytes.subarray(0, below(bytes.length)),
  oversized: (bytes) => Buffer.concat([bytes, Buffer.alloc(1 + below(5000), below(256))]),
  flipped(bytes) {
    const copy = Buffer.from(bytes);
    for (let n = 1 + below(8); n > 0; n--) copy[below(copy.length)]! ^= 1 << below(8);
    return copy;
  },
  overwritten(bytes) {
    const copy = Buffer.from(bytes);
    const at = below(copy.length);
    copy.fill(oneOf([0, 255, 127, 34, 91]), at, Math.min(copy.length, at + 1 + below(40)));
    return copy;
  },
  tampered: (bytes, part) => (part === 'tensors' ? reheaded(bytes) : retold(bytes.toString(), tamper)),
};

/** Makes lengths and hashes right again, as somebody would who means harm, so that the checks behind them are reached. */
function resealed(files: Files): Files {
  let manifest: unknown;
  try {
    manifest = JSON.parse(files.manifest.toString());
  } catch {
    return files;
  }
  if (typeof manifest !== 'object' || manifest === null) return files;
  const { sha256: _, ...rest } = manifest as Record<string, unknown>;
  const hash = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
  const entries = parts
    .filter((part) => part !== 'manifest' && files[part] !== NONE)
    .map((part) => [bundleFiles[part], { bytes: files[part].length, sha256: hash(files[part]) }]);
  const body = { ...rest, ...('files' in rest && { files: Object.fromEntries(entries) }) };
  return { ...files, manifest: Buffer.from(JSON.stringify({ ...body, sha256: hash(canonicalJson(body)) })) };
}

/** A part that is not there is not given. */
const given = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).filter(([, bytes]) => bytes !== NONE)) as Files;

test('ten thousand damaged bundles', async () => {
  const before = process.memoryUsage().rss;
  const seen = { refused: 0, equal: 0, other: 0 };
  let most = 0;
  const expected = await Promise.all(whole.map(async (files) => answers((await parseBundle(given(files))).model)));
  for (let n = 0; n < 10_000; n++) {
    const which = n % whole.length;
    const part = oneOf(parts);
    const [name, damage] = oneOf(Object.entries(damages));
    const sealed = below(4) > 0;
    const hurt = { ...whole[which]!, [part]: damage(whole[which]![part], part) };
    const files = sealed ? resealed(hurt) : hurt;
    try {
      const answer = answers((await parseBundle(given(files))).model);
      const same = JSON.stringify(answer) === JSON.stringify(expected[which]);
      seen[same ? 'equal' : 'other'] += 1;
      // Without the right hashes nothing but the same bundle may come through; with them, a bundle that says something else.
      assert.ok(same || sealed, `case ${n}: ${part} ${name}`);
    } catch (error) {
      if (!(error instanceof StudentError)) throw new Error(`case ${n}: ${part} ${name}`, { cause: error });
      assert.ok(error.message.length < 400, `case ${n}: a message of ${error.message.length} characters`);
      seen.refused += 1;
    }
    if (n % 100 === 0) most = Math.max(most, process.memoryUsage().rss);
  }
  assert.ok(seen.refused > 5000 && seen.equal > 50 && seen.other > 50, JSON.stringify(seen));
  assert.ok(most - before < 400e6, `memory grew by ${most - before} bytes`);
});

/** What a bundle that was accepted answers: lists of whole, finite entries. */
function answers(read: StudentModel): unknown {
  const student = createStudent(read);
  const lists = [
    ...(read.answer ? [] : student.batch(read.userIds.slice(0, 2))),
    student.similarItems(read.itemIds[0]!),
    student.recommendFromItems(read.itemIds.slice(0, 2)),
  ];
  for (const { score } of lists.flat()) assert.ok(Number.isFinite(score));
  return lists;
}
