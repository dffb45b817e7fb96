import { createKernels } from 'recdistill';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adjacency } from './_graph.js';
import { copied, freshModel } from './_model.js';

const LAYERS = 3;
const DIM = 64;

/** The part of LightGCN that costs: the embeddings spread over the user-item graph. */
export const lightgcn: BenchRow<'forward'> = {
  title: `LightGCN's propagation, ${LAYERS} layers, dim ${DIM}`,
  goal: '>= 3x against PyTorch with a sparse CSR matrix',
  cases: ['forward'],
  prepare: (_, options) => prepare(options),
};

function prepare({ data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'lightgcn', { dim: DIM, layers: LAYERS });
  const nodes = data.nUsers + data.nItems;
  const embedding = new Float32Array(nodes * DIM);
  embedding.set(model.parameters[0]!.values, 0);
  embedding.set(model.parameters[1]!.values, data.nUsers * DIM);
  const graph = adjacency(data.train);
  return {
    work: `${data.nUsers} users, ${data.nItems} items, ${graph.indices.data.length} directed edges`,
    inputs: {
      embedding: tensor(embedding, nodes, DIM),
      ...graph,
    },
    ours: {
      run: () => void model.factors!(),
      result() {
        const { userFactors, itemFactors } = model.factors!();
        return { users: copied(userFactors, data.nUsers, DIM), items: copied(itemFactors, data.nItems, DIM) };
      },
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script: 'lightgcn.py',
        about: 'sparse CSR matrix times dense matrix for each layer',
        params: { layers: LAYERS, nUsers: data.nUsers },
      },
    ],
    compare: (ours, peer) => [
      near('final user embeddings', ours.users!, peer.users!, 1e-5),
      near('final item embeddings', ours.items!, peer.items!, 1e-5),
    ],
  };
}
