/**
 * All that these hashes know of the files of a run folder and of the fields of JSON answers. When a file or a field is
 * renamed, this module changes and the hashes stay. A field that is not there is an error, never an empty value.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensors, type Tensor } from 'recdistill/student';
import { digestBytes, digestJson, digestRows, digestTensorList, digestTensors, type Json } from './digest.js';

/** Hashes by what they are of, such as `parameters`. */
export type Parts = Readonly<Record<string, string>>;

type Fields = { readonly [key: string]: Json };

/**
 * Of a finished run: `parameters` (absent for models without learned ones), `student` (the tensors of the bundle, if
 * there is one), `rankings` (trajectory, observed items, lists for testing), `metrics` (test, best epoch) and `history`
 * (losses, evaluations on valid).
 */
export function runParts(folder: string): Parts {
  const tensors = (...path: string[]): string => digestTensors(readFileSync(join(folder, ...path)));
  const optional = (part: string, ...path: string[]): Parts =>
    existsSync(join(folder, ...path)) ? { [part]: tensors(...path) } : {};
  const result = readJson(folder, 'result.json');
  const trajectory = readJson(folder, 'trajectory', 'trajectory.json');
  const observed = join('trajectory', 'observed.safetensors');
  const events = existsSync(join(folder, 'events.jsonl')) ? readLines(folder, 'events.jsonl') : [];
  return {
    ...optional('parameters', 'model.safetensors'),
    ...(existsSync(join(folder, 'student')) ? bundleParts(join(folder, 'student')) : {}),
    rankings: digestJson({
      trajectory: list(trajectory, 'checkpoints').map((c) => [
        field(c, 'epoch'),
        tensors('trajectory', text(c, 'file')),
      ]),
      observed: existsSync(join(folder, observed)) ? tensors(observed) : null,
      test: tensors(
        existsSync(join(folder, 'rankings.safetensors')) ? 'rankings.safetensors' : 'rankings-test.safetensors',
      ),
    }),
    metrics: digestJson({
      bestEpoch: field(result, 'bestEpoch'),
      epochs: field(result, 'epochs'),
      test: field(result, 'metrics'),
      ...('hidden' in fields(result) ? { hidden: field(result, 'hidden') } : {}),
    }),
    history: digestJson({
      losses: events.filter((e) => field(e, 'type') === 'epoch').map((e) => [field(e, 'epoch'), field(e, 'loss')]),
      valid: readLines(folder, 'metrics.jsonl').map((line) => without(without(line, 'seq'), 'check')),
    }),
  };
}

/** The folder of the run that `train` or `distill` made. */
export const madeRun = (answer: Json): string => text(answer, 'folder');

/** The folders of the two runs that `bd` made. */
export const madePair = (answer: Json): { readonly teacher: string; readonly student: string } => ({
  teacher: text(field(answer, 'teacher'), 'folder'),
  student: text(field(answer, 'student'), 'folder'),
});

/** Names and folders of the runs that `import` made. */
export const madeTeachers = (answer: Json): readonly (readonly [name: string, folder: string])[] =>
  list(answer, 'teachers').map((t) => [text(t, 'name'), text(t, 'folder')]);

export const bundleParts = (folder: string): Parts => ({ student: digestTensorList(plainTensors(folder)) });

/**
 * The tensors of a bundle as version 2 had them: histories as plain lists, scales as floats, and no ids among the tensors. So the hashes
 * do not depend on how version 3 packs them. Of an evaluated run, histories have the items of train and valid, as version 2 did.
 */
function plainTensors(folder: string): readonly Tensor[] {
  const { tensors } = parseSafetensors(readFileSync(join(folder, 'student.safetensors')));
  return [...tensors].flatMap(([name, tensor]): readonly Tensor[] => {
    if (name.endsWith('.ids')) return [];
    if (name.endsWith('.exponents')) {
      const scales = Float32Array.from(tensor.data, (exponent) => 2 ** exponent);
      return [{ shape: [scales.length], data: scales }];
    }
    if (name !== 'seen') return [tensor];
    const all = decodeHistories(tensor.data, Number(field(readJson(folder, 'manifest.json'), 'users')));
    const { indptr, indices } = withoutTest(all, join(folder, '..', 'seen-parts.safetensors'));
    return [
      { shape: [indptr.length], data: indptr },
      { shape: [indices.length], data: indices },
    ];
  });
}

/** The histories without the items of test and hidden ones. @param file with two bits for each item: its part */
function withoutTest({ indptr, indices }: ReturnType<typeof decodeHistories>, file: string) {
  if (!existsSync(file)) return { indptr, indices };
  const parts = parseSafetensors(readFileSync(file)).tensors.get('parts')!.data;
  const kept = (k: number): boolean => ((parts[k >> 2]! >> (2 * (k & 3))) & 3) < 2;
  const ends = Int32Array.from(indptr, (end) => indices.subarray(0, end).filter((_, k) => kept(k)).length);
  return { indptr: ends, indices: indices.filter((_, k) => kept(k)) };
}

/** For each user the number of items, and for each item the gap to the one before, less 1; 7 bits a byte, the lowest first. */
function decodeHistories(bytes: Tensor['data'], users: number): { indptr: Int32Array; indices: Int32Array } {
  let at = 0;
  const next = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('the histories end within a number');
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const [indptr, indices] = [[0], [] as number[]];
  for (let user = 0; user < users; user++) {
    for (let left = next(), last = -1; left > 0; left--) {
      last += next() + 1;
      indices.push(last);
    }
    indptr.push(indices.length);
  }
  return { indptr: Int32Array.from(indptr), indices: Int32Array.from(indices) };
}

/** The tensors of an export as NumPy arrays. */
export const npyParts = (folder: string): Parts => ({
  arrays: digestRows(
    readdirSync(folder)
      .filter((name) => name.endsWith('.npy'))
      .map((name) => digestBytes(readFileSync(join(folder, name)))),
  ),
});

/** `evaluate`: all metrics of each run. */
export const evaluateParts = (answer: Json): Parts => ({
  metrics: digestJson(list(answer, 'runs').map((run) => [field(run, 'name'), field(run, 'metrics')])),
});

/** `compare`: values and differences with their intervals and p-values. */
export const compareParts = (answer: Json): Parts => ({
  metrics: digestJson(
    list(answer, 'runs').map((run) => [
      field(run, 'name'),
      Object.entries(fields(field(run, 'metrics'))).map(([name, cell]) => [
        name,
        field(cell, 'value'),
        'difference' in fields(cell) ? difference(cell) : null,
      ]),
    ]),
  ),
});

/** `recommend`: ids and scores. */
export const recommendParts = (answer: Json): Parts => ({
  list: digestJson(list(answer, 'recommendations').map((r) => [field(r, 'itemId'), field(r, 'score')])),
});

/** `tune`: what was tried, what came of it, and which trial is the best. */
export const tuneParts = (answer: Json): Parts => ({
  trials: digestJson(
    list(answer, 'searches').map((search) => [
      field(search, 'model'),
      list(search, 'trials').map(trial),
      trial(field(field(search, 'best'), 'trial')),
    ]),
  ),
});

/** `run`: the table and its tests, and all that each run of it left. */
export function pipelineParts(answer: Json, at: (folder: string) => string): Parts {
  const rows = list(answer, 'rows');
  const runs = rows.flatMap((row) =>
    'folder' in fields(row)
      ? Object.entries(runParts(at(text(row, 'folder')))).map(([part, hash]) => [`${text(row, 'name')}/${part}`, hash])
      : [],
  );
  return {
    table: digestJson(rows.map((row) => [field(row, 'role'), field(row, 'name'), field(row, 'metrics')])),
    tests: digestJson(list(answer, 'comparisons').map(tested)),
    ...Object.fromEntries(runs),
  };
}

/** `study`: values of every seed, tests, and what the searches found. */
export const studyParts = (answer: Json): Parts => ({
  table: digestJson(list(answer, 'rows').map((row) => [field(row, 'role'), field(row, 'name'), field(row, 'values')])),
  tests: digestJson(list(answer, 'comparisons').map(tested)),
  tuned: digestJson(
    Object.entries(fields(field(answer, 'tuned'))).map(([method, found]) => [
      method,
      Object.values(fields(field(found, 'options'))),
      field(found, 'valid'),
    ]),
  ),
});

/** `auto`: the rows, the frontier, and the bundle of the chosen model. */
export const autoParts = (answer: Json, at: (folder: string) => string): Parts => ({
  table: digestJson(
    list(answer, 'rows').map((row) => ['what', 'name', 'valid', 'metrics'].map((name) => field(row, name))),
  ),
  frontier: digestJson(list(answer, 'frontier').map((c) => [field(c, 'name'), field(c, 'value')])),
  ...bundleParts(at(text(answer, 'bundle'))),
});

/** `data split`: the fingerprint, and the rows of the three parts as they were written to `folder`. */
export const splitParts = (answer: Json, folder: string): Parts => ({
  fingerprint: text(answer, 'fingerprint'),
  rows: digestJson(
    ['train', 'valid', 'test'].map((part) => digestRows(readFileSync(join(folder, `${part}.tsv`), 'utf8').split('\n'))),
  ),
});

/** `data inspect`: sizes, and what the split leaks. */
export const inspectParts = (answer: Json): Parts => ({
  sizes: digestJson([
    ...['nUsers', 'nItems', 'interactions', 'perUser', 'perItem', 'evaluated'].map((name) => field(answer, name)),
    { items: field(field(answer, 'cold'), 'nItems'), users: field(field(answer, 'cold'), 'nUsers') },
    field(answer, 'period'),
  ]),
  leakage: digestJson(
    list(answer, 'leakage').map((l) => ['check', 'where', 'count', 'of'].map((name) => field(l, name))),
  ),
});

const tested = (row: Json): Json => [field(row, 'name'), field(row, 'metric'), difference(row)];

const difference = (row: Json): Json => [
  ...['difference', 'relativeDifference', 'p', 'adjustedP', 'dz'].map((name) => field(row, name)),
  field(field(row, 'interval'), 'low'),
  field(field(row, 'interval'), 'high'),
];

const trial = (one: Json): Json => [
  Object.values(fields(field(one, 'options'))),
  ...['trial', 'value', 'metrics', 'bestEpoch', 'epochs', 'reason', 'rungs'].map((name) => field(one, name)),
];

function fields(value: Json): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`expected an object, not ${JSON.stringify(value)}`);
  return value as Fields;
}

function field(value: Json, name: string): Json {
  const found = fields(value)[name];
  if (found === undefined) throw new Error(`there is no "${name}" in ${JSON.stringify(value).slice(0, 300)}`);
  return found;
}

function list(value: Json, name: string): readonly Json[] {
  const found = field(value, name);
  if (!Array.isArray(found)) throw new Error(`"${name}" is not a list`);
  return found as readonly Json[];
}

function text(value: Json, name: string): string {
  const found = field(value, name);
  if (typeof found !== 'string') throw new Error(`"${name}" is not text`);
  return found;
}

const without = (value: Json, name: string): Json =>
  Object.fromEntries(Object.entries(fields(value)).filter(([key]) => key !== name));

const readJson = (...path: string[]): Json => JSON.parse(readFileSync(join(...path), 'utf8')) as Json;

const readLines = (...path: string[]): readonly Json[] =>
  readFileSync(join(...path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);
