/** Subject `history-models`: scores of histories, and the BPR loss with the target left out of its own history. */
import { fromPairs } from 'recdistill/data';
import { type Kernels, takeRows } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, putInts } from './_machines.js';
import { fillParameters, makeModel } from './_model.js';
import { readInteractions, readLists, readMatrix, readNumber, readNumbers, readText } from './inputs.js';
import { type Matrix, nestRows } from './matrix.js';

const kinds = { fism: scores, 'fism-bpr': bpr, elsa };

export const historyModels: Checker = {
  // Sums of some ten products of numbers below 10; each rounding is a 6e-8th part of the largest of them.
  float32: { abs: 2e-5, rel: 1e-5 },
  check(inputs) {
    const kind = readText(inputs, 'kind');
    if (!(kind in kinds)) throw new Error(`inputs.kind is ${kind}, expected one of ${Object.keys(kinds).join(', ')}`);
    return onBoth((k) => kinds[kind as keyof typeof kinds](k, inputs));
  },
};

/** The model fism with the tables of a case. */
function filled(k: Kernels, inputs: Inputs, loss: 'softmax' | 'bpr', batchSize = 1) {
  const [inputVectors, items] = [readMatrix(inputs, 'P'), readMatrix(inputs, 'Q')];
  const biases = readNumbers(inputs, 'b');
  const dim = items.columns;
  const options = { dim, exponent: readNumber(inputs, 'alpha'), historyDropout: 0, inputL2: 0, loss, batchSize };
  const model = makeModel(k, 'fism', readInteractions(inputs, 'histories', items.rows), options);
  const rows = Array.from({ length: items.rows }, (_, i) => [...rowOf(items, i), biases[i]!]);
  fillParameters(model, { inputs: inputVectors.values, items: Float64Array.from(rows.flat()) });
  return { model, dim };
}

function scores(k: Kernels, inputs: Inputs): Result {
  const { model } = filled(k, inputs, 'softmax');
  const result = { scores: scoresOf(k, model, readLists(inputs, 'histories')) };
  model.close();
  return result;
}

function scoresOf(k: Kernels, model: ReturnType<typeof makeModel>, lists: readonly (readonly number[])[]): number[][] {
  const indptr = Int32Array.from([0, ...lists.map((list) => list.length)]);
  for (let r = 1; r < indptr.length; r++) indptr[r]! += indptr[r - 1]!;
  const histories = takeRows(k, { columns: model.nItems, indptr, indices: Int32Array.from(lists.flat()) });
  const out = k.floats(lists.length * model.nItems);
  model.histories!.score(histories, out);
  const nested = nestRows(out, model.nItems);
  k.free(histories.indptr, histories.indices, out);
  return nested;
}

function bpr(k: Kernels, inputs: Inputs): Result {
  const triples = readLists(inputs, 'triples');
  const { model, dim } = filled(k, inputs, 'bpr', triples.length);
  const [users, positives, negatives] = [0, 1, 2].map((at) =>
    putInts(
      k,
      triples.map((triple) => triple[at]!),
    ),
  ) as [Int32Array, Int32Array, Int32Array];
  const place = { perPositive: 1, epoch: 1, index: 0 };
  const batch = { kind: 'pairs', size: triples.length, users, positives, negatives, ...place } as const;
  model.forward?.(batch);
  const loss = model.accumulate(batch);
  model.backward?.();
  const [ofInputs, ofItems] = model.parameters.map((p) => p.gradient);
  const rows = nestRows(ofItems!, dim + 1);
  const result = {
    loss,
    P_gradient: nestRows(ofInputs!, dim),
    Q_gradient: rows.map((row) => row.slice(0, dim)),
    b_gradient: rows.map((row) => row[dim]!),
  };
  model.close();
  k.free(users, positives, negatives);
  return result;
}

/** ELSA is not a model of recdistill. Its scores are those of fism with one table of unit rows and the exponent 0, minus 1 for own items. */
function elsa(k: Kernels, inputs: Inputs): Result {
  const given = readMatrix(inputs, 'A');
  const { rows: nItems, columns: dim } = given;
  const unit = given.values.map((x, at) => x / Math.hypot(...rowOf(given, Math.floor(at / dim))));
  const model = makeModel(k, 'fism', fromPairs(1, nItems, [], []), { dim, exponent: 0, biases: false });
  fillParameters(model, { inputs: unit, items: unit });
  const histories = readLists(inputs, 'histories');
  const result = scoresOf(k, model, histories);
  for (const [r, list] of histories.entries()) for (const item of list) result[r]![item]! -= 1;
  model.close();
  return { scores: result };
}

const rowOf = ({ columns, values }: Matrix, row: number): Float64Array =>
  values.subarray(row * columns, (row + 1) * columns);
