/** A training step of NeuMF: the BCE loss of a batch of points and its gradient. */
import type { Floats, Kernels } from '../kernels/index.js';
import { bce } from '../losses/bce.js';
import type { NeumfTables } from './neumf-network.js';

/** Points in groups of equal size, those of a group side by side and of one user. In kernel memory. */
export interface NeumfPoints {
  /** The user of each group. */
  readonly users: Int32Array;
  /** The item of each point; their number is a multiple of the number of groups. */
  readonly items: Int32Array;
  /** 0 or 1 for each point. */
  readonly labels: Floats;
}

export interface NeumfStep {
  /** Adds the gradient of the loss, summed over the points, to those of the parameters; returns the loss. */
  accumulate(points: NeumfPoints): number;
  close(): void;
}

/** @param groups most groups in a batch, and `points` most points, for which there are buffers */
export function neumfStep(k: Kernels, t: NeumfTables, dim: number, groups: number, points: number): NeumfStep {
  const { widths, hidden } = t;
  const units = widths[0]!;
  const last = widths.length - 1;
  // What a user gives is computed once for each group.
  const [gmf, weighted, gmfSums, user] = Array.from({ length: 4 }, () => k.floats(groups * dim)) as Four;
  const share = k.floats(groups * units);
  const item = k.floats(points * dim);
  const x = widths.map((width) => k.floats(points * width));
  const dx = widths.map((width) => k.floats(points * width));
  const [logits, slopes, ones] = [k.floats(points), k.floats(points), k.floats(points).fill(1)];
  const [groupOf, self] = [k.ints(points), k.ints(points)];
  for (let p = 0; p < points; p++) self[p] = p;
  const wide = { ldb: 2 * dim };

  const forward = ({ users, items }: NeumfPoints, n: number, m: number) => {
    k.gather(t.gmfUsers.values, users, dim, gmf, n);
    k.scaleColumns(gmf, t.gmf.values, weighted, n, dim);
    k.dotPairs(weighted, t.gmfItems.values, dim, groupOf, items, logits, m);
    k.gather(t.mlpUsers.values, users, dim, user, n);
    k.gather(t.mlpItems.values, items, dim, item, m);
    k.gemm(user, t.users.values, share, n, units, dim, 'nt', wide);
    k.gather(share, groupOf, units, x[0]!, m);
    k.gemm(item, t.items.values, x[0]!, m, units, dim, 'nt', { ...wide, accumulate: true });
    hidden.forEach(({ weights, bias }, l) => {
      if (l > 0) k.gemm(x[l - 1]!, weights.values, x[l]!, m, widths[l]!, widths[l - 1]!, 'nt');
      k.addBias(x[l]!, bias.values, m, widths[l]!);
      k.relu(x[l]!, m * widths[l]!);
    });
    k.gemm(x[last]!, t.mlp.values, logits, m, 1, widths[last]!, 'nt', { accumulate: true });
    k.addBias(logits, t.bOut.values, m, 1);
  };

  const backwardGmf = ({ users, items }: NeumfPoints, n: number, m: number) => {
    k.accumulate(t.gmfItems.gradient, items, weighted, groupOf, slopes, dim, m);
    gmfSums.fill(0, 0, n * dim);
    k.accumulate(gmfSums, groupOf, t.gmfItems.values, items, slopes, dim, m);
    k.multiply(gmf, gmfSums, gmf, n * dim);
    k.columnSums(gmf, t.gmf.gradient, n, dim);
    k.scaleColumns(gmfSums, t.gmf.values, gmfSums, n, dim);
    k.accumulate(t.gmfUsers.gradient, users, gmfSums, self, ones, dim, n);
  };

  const backwardMlp = ({ users, items }: NeumfPoints, n: number, m: number) => {
    k.gemm(slopes, x[last]!, t.mlp.gradient, 1, widths[last]!, m, 'tn', { accumulate: true });
    k.gemm(slopes, t.mlp.values, dx[last]!, m, widths[last]!, 1, 'nn');
    for (let l = last; l >= 0; l--) {
      const { weights, bias } = hidden[l]!;
      k.reluBackward(x[l]!, dx[l]!, m * widths[l]!);
      k.columnSums(dx[l]!, bias.gradient, m, widths[l]!);
      if (l === 0) break;
      k.gemm(dx[l]!, x[l - 1]!, weights.gradient, widths[l]!, widths[l - 1]!, m, 'tn', { accumulate: true });
      k.gemm(dx[l]!, weights.values, dx[l - 1]!, m, widths[l - 1]!, widths[l]!, 'nn');
    }
    const added = { ldc: 2 * dim, accumulate: true };
    k.gemm(dx[0]!, item, t.items.gradient, units, dim, m, 'tn', added);
    k.gemm(dx[0]!, t.items.values, item, m, dim, units, 'nn', wide);
    k.accumulate(t.mlpItems.gradient, items, item, self, ones, dim, m);
    share.fill(0, 0, n * units);
    k.accumulate(share, groupOf, dx[0]!, self, ones, units, m);
    k.gemm(share, user, t.users.gradient, units, dim, n, 'tn', added);
    k.gemm(share, t.users.values, user, n, dim, units, 'nn', wide);
    k.accumulate(t.mlpUsers.gradient, users, user, self, ones, dim, n);
  };

  return {
    accumulate(batch) {
      const [n, m] = [batch.users.length, batch.items.length];
      for (let p = 0; p < m; p++) groupOf[p] = Math.floor((p * n) / m);
      forward(batch, n, m);
      const loss = bce(logits, batch.labels, slopes, m);
      k.columnSums(slopes, t.bOut.gradient, m, 1);
      backwardGmf(batch, n, m);
      backwardMlp(batch, n, m);
      return loss;
    },
    close: () => k.free(gmf, weighted, gmfSums, user, share, item, ...x, ...dx, logits, slopes, ones, groupOf, self),
  };
}

type Four = [Floats, Floats, Floats, Floats];
