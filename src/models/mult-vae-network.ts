/**
 * The network of Mult-VAE: h = tanh(W1 x + b1); [mu, logvar] = W2 h + b2; z = mu + noise * exp(logvar / 2);
 * logits = W4 tanh(W3 z + b3) + b4; loss of a row = -sum_i x_i log_softmax(logits)_i + beta * KL, averaged over the batch.
 * W1 is kept as items x hidden and W4 as items x hidden: rows of both belong to items.
 */
import { stream } from '../config/random.js';
import { type Floats, freeRows, type Kernels, type Rows, takeRows } from '../kernels/index.js';
import type { Parameter } from './_model.js';
import { freeParameters, normalTable, zeroTable } from './factors.js';

/** Rows of a batch: weighted input entries, and the target items that the loss counts. */
export interface SparseBatch {
  readonly size: number;
  readonly indptr: Int32Array;
  readonly indices: readonly number[];
  readonly weights: readonly number[];
  readonly targetIndptr: Int32Array;
  readonly targets: readonly number[];
}

/** The same in kernel memory. */
export interface BatchRows {
  readonly size: number;
  readonly input: Rows;
  /** Row of the batch for each entry of `input.indices`. */
  readonly rowOf: Int32Array;
  readonly targets: Rows;
  close(): void;
}

export function takeBatch(k: Kernels, b: SparseBatch, items: number): BatchRows {
  const input = takeRows(k, { columns: items, indptr: b.indptr, indices: Int32Array.from(b.indices) }, b.weights);
  const targets = takeRows(k, { columns: items, indptr: b.targetIndptr, indices: Int32Array.from(b.targets) });
  const rowOf = k.ints(b.indices.length);
  for (let r = 0; r < b.size; r++) rowOf.fill(r, b.indptr[r]!, b.indptr[r + 1]!);
  return {
    size: b.size,
    input,
    rowOf,
    targets,
    close() {
      freeRows(k, input);
      freeRows(k, targets);
      k.free(rowOf);
    },
  };
}

export interface Vae {
  readonly parameters: readonly Parameter[];
  /** Adds the gradient of the mean loss of the batch; returns the loss summed over the rows. */
  step(rows: BatchRows, noise: Floats, beta: number): number;
  /** code = [mu, logvar] of each row: `rows * 2 * latent` numbers. */
  encode(rows: BatchRows, code: Floats): void;
  /** logits = `rows * items` numbers of the codes z, `rows * latent` numbers. */
  decode(rows: number, z: Floats, logits: Floats): void;
  /** logits of each row with z = mu. */
  score(rows: BatchRows, out: Floats): void;
  close(): void;
}

export function createVae(k: Kernels, size: { items: number; hidden: number; latent: number }, seed: number): Vae {
  const { items, hidden, latent } = size;
  // Glorot deviation, as in the authors' notebook.
  const table = (name: string, rows: number, columns: number) =>
    normalTable(k, name, rows, columns, stream(seed, `mult-vae ${name}`), Math.sqrt(2 / (rows + columns)));
  const w1 = table('w1', items, hidden);
  const b1 = zeroTable(k, 'b1', [hidden]);
  const w2 = table('w2', 2 * latent, hidden);
  const b2 = zeroTable(k, 'b2', [2 * latent]);
  const w3 = table('w3', hidden, latent);
  const b3 = zeroTable(k, 'b3', [hidden]);
  const w4 = table('w4', items, hidden);
  const b4 = zeroTable(k, 'b4', [items]);
  const parameters = [w1, b1, w2, b2, w3, b3, w4, b4];

  const encode = (rows: BatchRows, h: Floats, code: Floats) => {
    const n = rows.size;
    k.propagate(rows.input, w1.values, h, hidden);
    k.addBias(h, b1.values, n, hidden);
    k.tanh(h, n * hidden);
    k.gemm(h, w2.values, code, n, 2 * latent, hidden, 'nt');
    k.addBias(code, b2.values, n, 2 * latent);
  };
  const decode = (n: number, z: Floats, h: Floats, logits: Floats) => {
    k.gemm(z, w3.values, h, n, hidden, latent, 'nt');
    k.addBias(h, b3.values, n, hidden);
    k.tanh(h, n * hidden);
    k.gemm(h, w4.values, logits, n, items, hidden, 'nt');
    k.addBias(logits, b4.values, n, items);
  };

  return {
    parameters,
    encode(rows, code) {
      const h = k.floats(rows.size * hidden);
      encode(rows, h, code);
      k.free(h);
    },
    decode(rows, z, logits) {
      const h = k.floats(rows * hidden);
      decode(rows, z, h, logits);
      k.free(h);
    },
    score(rows, out) {
      const n = rows.size;
      const [h, code, z] = [k.floats(n * hidden), k.floats(n * 2 * latent), k.floats(n * latent)];
      encode(rows, h, code);
      for (let r = 0; r < n; r++) z.set(code.subarray(r * 2 * latent, r * 2 * latent + latent), r * latent);
      decode(n, z, h, out);
      k.free(h, code, z);
    },
    step(rows, noise, beta) {
      const n = rows.size;
      const [h1, h2, z] = [k.floats(n * hidden), k.floats(n * hidden), k.floats(n * latent)];
      const [code, logits, losses] = [k.floats(n * 2 * latent), k.floats(n * items), k.floats(n)];
      const [dh, dz] = [k.floats(n * hidden), k.floats(n * latent)];
      encode(rows, h1, code);
      let loss = sample(code, noise, z, n, latent) * beta;
      decode(n, z, h2, logits);
      k.multinomial(logits, n, items, rows.targets.indptr, rows.targets.indices, 1 / n, losses);
      for (let r = 0; r < n; r++) loss += losses[r]!;

      k.gemm(logits, h2, w4.gradient, items, hidden, n, 'tn', { accumulate: true });
      k.columnSums(logits, b4.gradient, n, items);
      k.gemm(logits, w4.values, dh, n, hidden, items, 'nn');
      k.tanhBackward(h2, dh, n * hidden);
      k.gemm(dh, z, w3.gradient, hidden, latent, n, 'tn', { accumulate: true });
      k.columnSums(dh, b3.gradient, n, hidden);
      k.gemm(dh, w3.values, dz, n, latent, hidden, 'nn');
      codeGradient(code, noise, dz, n, latent, beta / n);
      k.gemm(code, h1, w2.gradient, 2 * latent, hidden, n, 'tn', { accumulate: true });
      k.columnSums(code, b2.gradient, n, 2 * latent);
      k.gemm(code, w2.values, dh, n, hidden, 2 * latent, 'nn');
      k.tanhBackward(h1, dh, n * hidden);
      k.columnSums(dh, b1.gradient, n, hidden);
      const { indices, weights } = rows.input;
      k.accumulate(w1.gradient, indices, dh, rows.rowOf, weights!, hidden, indices.length);
      k.free(h1, h2, z, code, logits, losses, dh, dz);
      return loss;
    },
    close: () => freeParameters(k, parameters),
  };
}

/** z = mu + noise * exp(logvar / 2); returns the KL divergence to N(0, 1), summed over the rows. */
export function sample(code: Floats, noise: Floats, z: Floats, rows: number, latent: number): number {
  let kl = 0;
  for (let r = 0; r < rows; r++) {
    for (let d = 0; d < latent; d++) {
      const mu = code[r * 2 * latent + d]!;
      const logvar = code[r * 2 * latent + latent + d]!;
      z[r * latent + d] = mu + noise[r * latent + d]! * Math.exp(logvar / 2);
      kl += 0.5 * (Math.exp(logvar) - logvar + mu * mu - 1);
    }
  }
  return kl;
}

/** Replaces [mu, logvar] by the gradient of the loss with respect to them. */
function codeGradient(code: Floats, noise: Floats, dz: Floats, rows: number, latent: number, klWeight: number): void {
  for (let r = 0; r < rows; r++) {
    for (let d = 0; d < latent; d++) {
      const at = r * 2 * latent + d;
      const g = dz[r * latent + d]!;
      const mu = code[at]!;
      const logvar = code[at + latent]!;
      code[at] = g + klWeight * mu;
      code[at + latent] =
        g * noise[r * latent + d]! * 0.5 * Math.exp(logvar / 2) + klWeight * 0.5 * (Math.exp(logvar) - 1);
    }
  }
}
