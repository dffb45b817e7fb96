/** Shared by tests of users who are held out whole: data, and models with a table of users that answer for histories. */
import { type LoadedDataset, loadDataset } from '../data/index.js';
import { type ModelSpec, modelOf, modelRegistry, type TrainableModel, type TrainedSpec } from '../models/index.js';

let loaded: Promise<LoadedDataset> | undefined;
export const heldOutData = (): Promise<LoadedDataset> => {
  loaded ??= loadDataset({ data: 'synthetic:60x80x900', split: 'users' });
  return loaded;
};

/** Each user's interactions. */
export const isHeldOut = ({ foldIn }: LoadedDataset, user: number): boolean =>
  foldIn!.indptr[user + 1]! > foldIn!.indptr[user]!;

/** The same data with other histories and other judged items of the held-out users. Train is the same. */
export function otherHistories(data: LoadedDataset): LoadedDataset {
  const turned = ({ indices, ...x }: LoadedDataset['test']): LoadedDataset['test'] => {
    const items = indices.slice();
    for (let u = 0; u < x.nUsers; u++) {
      const row = items.subarray(x.indptr[u]!, x.indptr[u + 1]!);
      row.set(row.map((i) => (i * 7 + 3) % 80).sort());
    }
    return { ...x, indices: items };
  };
  return { ...data, foldIn: turned(data.foldIn!), valid: turned(data.valid), test: turned(data.test) };
}

const bpr = modelOf('bpr-mf') as TrainedSpec;
const name = 'folded-bpr';

/** `bpr-mf` whose scores for a history are those of the mean of its item vectors. */
export const foldedBpr: ModelSpec = modelRegistry.find({
  ...bpr,
  ...{ name, capabilities: ['factors', 'scores', 'weights', 'histories'] },
  create(context, options): TrainableModel {
    const model = bpr.create(context, options);
    const { nItems } = model;
    return {
      ...{ ...model, name },
      histories: {
        score({ rows, indptr, indices }, out) {
          const { itemFactors: q, dim } = model.factors!();
          for (let r = 0; r < rows; r++) {
            const mean = new Float64Array(dim);
            const own = indices.slice(indptr[r]!, indptr[r + 1]!).sort();
            for (const i of own) for (let d = 0; d < dim; d++) mean[d]! += q[i * dim + d]! / own.length;
            for (let i = 0; i < nItems; i++)
              out[r * nItems + i] = mean.reduce((sum, x, d) => sum + x * q[i * dim + d]!, 0);
          }
        },
      },
    };
  },
});
