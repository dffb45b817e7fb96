/**
 * The network of the variational autoencoders, on sparse rows over `columns`: h1 = tanh(W1 x + b1); [mu, logvar] = W2 h1 + b2;
 * z = mu + noise * exp(logvar / 2); h2 = tanh(W3 [z, 1]); logits = W4 [h2, 1]; loss of a row = -sum_c x_c log_softmax(logits)_c + beta * KL,
 * averaged over the batch. If not variational, W2 gives mu only, z = mu, and there is no KL term.
 * W1 is stored as columns x hidden. The decoder stores its biases as an extra column, so logits are inner products of
 * rows [h2, 1] with rows of W4. Rows are padded with zeros to a multiple of 4 values, because products of unaligned rows are slower.
 */

import type { Floats, Kernels } from '../kernels/index.js';
import { stream } from '../math/random.js';
import type { Parameter } from './_model.js';
import { freeParameters, normalTable, zeroTable } from './factors.js';
import { createScratch } from './scratch.js';
import type { RowBlock } from './vae-rows.js';

export interface VaeSize {
  readonly columns: number;
  readonly hidden: number;
  readonly latent: number;
  readonly variational: boolean;
}

export interface Vae {
  readonly parameters: readonly Parameter[];
  /** Length of a row of `code`: [mu, logvar], or mu only. */
  readonly codeWidth: number;
  /** Length of a row of `z` and of W3: latent + 1, padded. */
  readonly zWidth: number;
  /** Length of a row of `outputs` and of `w4`: hidden + 1, padded. */
  readonly width: number;
  /** W4 with its biases: `columns * width` values. */
  readonly w4: Parameter;
  /** Adds the gradient of the mean loss of the block. Returns the loss summed over its rows. `noise`: `rows * latent` values. */
  step(rows: RowBlock, noise: Floats, beta: number): number;
  /** code = [mu, logvar] of each row. */
  encode(rows: RowBlock, code: Floats): void;
  /**
   * z = [mu + noise * exp(logvar / 2), 1] of each row, `rows * zWidth` values; z = [mu, 1] without noise or if not variational.
   * @returns the KL divergence to N(0, 1), summed over the rows; 0 if z = [mu, 1]
   */
  sample(code: Floats, noise: Floats | undefined, z: Floats, rows: number): number;
  /** out = [h2, 1] of each row of z, `rows * width` values. */
  decode(rows: number, z: Floats, out: Floats): void;
  /** [h2, 1] of each row with z = mu. Logits are inner products with the rows of `w4`. */
  outputs(rows: RowBlock, out: Floats): void;
  /** The same, with the activations needed for back-propagation. */
  open(rows: RowBlock): VaePass;
  close(): void;
}

export interface VaePass {
  /** [h2, 1] of each row, `rows * width` values. */
  readonly out: Floats;
  /** Back-propagates the gradient of `out` to the parameters and overwrites it. May be called once. */
  back(gradient: Floats): void;
  close(): void;
}

/** Activations of some rows. */
interface Activations {
  readonly h1: Floats;
  readonly code: Floats;
  readonly z: Floats;
  /** [h2, 1]. */
  readonly h2: Floats;
}

/** @param purpose names the random streams of the initial values */
export function createVae(k: Kernels, size: VaeSize, seed: number, purpose: string): Vae {
  const { columns, hidden, latent, variational } = size;
  const [width, zWidth] = [withBias(hidden), withBias(latent)];
  const codeWidth = variational ? 2 * latent : latent;
  // Glorot initialisation, as in the authors' notebook; biases 0.
  const table = (name: string, rows: number, inputs: number, columns = inputs) => {
    const deviation = Math.sqrt(2 / (rows + inputs));
    const p = normalTable(k, name, rows, columns, stream(seed, `${purpose} ${name}`), deviation);
    if (columns > inputs) endRows(p.values, rows, inputs, columns, 0);
    return p;
  };
  const w1 = table('w1', columns, hidden);
  const b1 = zeroTable(k, 'b1', [hidden]);
  const w2 = table('w2', codeWidth, hidden);
  const b2 = zeroTable(k, 'b2', [codeWidth]);
  const w3 = table('w3', hidden, latent, zWidth);
  const w4 = table('w4', columns, hidden, width);
  const parameters = [w1, b1, w2, b2, w3, w4];
  const scratch = createScratch(k);

  const encode = (rows: RowBlock, h1: Floats, code: Floats) => {
    k.propagate(rows.input, w1.values, h1, hidden);
    k.addBias(h1, b1.values, rows.size, hidden);
    k.tanh(h1, rows.size * hidden);
    k.gemm(h1, w2.values, code, rows.size, codeWidth, hidden, 'nt');
    k.addBias(code, b2.values, rows.size, codeWidth);
  };
  const sample = (code: Floats, noise: Floats | undefined, z: Floats, rows: number): number => {
    let kl = 0;
    for (let r = 0; r < rows; r++) {
      for (let d = 0; d < latent; d++) {
        const mu = code[r * codeWidth + d]!;
        z[r * zWidth + d] = mu;
        if (!variational || !noise) continue;
        const logvar = code[r * codeWidth + latent + d]!;
        const deviation = Math.exp(logvar / 2);
        z[r * zWidth + d] = mu + noise[r * latent + d]! * deviation;
        kl += 0.5 * (deviation * deviation - logvar + mu * mu - 1);
      }
    }
    endRows(z, rows, latent, zWidth, 1);
    return kl;
  };
  const decode = (rows: number, z: Floats, out: Floats) => {
    k.gemm(z, w3.values, out, rows, hidden, zWidth, 'nt', { ldc: width });
    k.tanh(out, rows * width);
    endRows(out, rows, hidden, width, 1);
  };
  /** Overwrites the code with its gradient. Without noise z = mu, so only mu has a gradient. */
  const codeGradient = (code: Floats, noise: Floats | undefined, dz: Floats, rows: number, klWeight: number) => {
    for (let r = 0; r < rows; r++) {
      for (let d = 0; d < latent; d++) {
        const at = r * codeWidth + d;
        const g = dz[r * latent + d]!;
        if (!variational) {
          code[at] = g;
          continue;
        }
        const deviation = Math.exp(code[at + latent]! / 2);
        code[at] = g + klWeight * code[at]!;
        const drawn = noise ? noise[r * latent + d]! * deviation : 0;
        code[at + latent] = 0.5 * (g * drawn + klWeight * (deviation * deviation - 1));
      }
    }
  };
  /** Back-propagates from the gradient of [h2, 1]. Overwrites it and the code. */
  const back = (rows: RowBlock, { h1, code, z, h2 }: Activations, dh2: Floats, noise?: Floats, klWeight = 0) => {
    const n = rows.size;
    const [dh1, dz] = [scratch.floats('dh1', n * hidden), scratch.floats('dz', n * latent)];
    k.tanhBackward(h2, dh2, n * width);
    k.gemm(dh2, z, w3.gradient, hidden, zWidth, n, 'tn', { lda: width, accumulate: true });
    k.gemm(dh2, w3.values, dz, n, latent, hidden, 'nn', { lda: width, ldb: zWidth });
    codeGradient(code, noise, dz, n, klWeight);
    k.gemm(code, h1, w2.gradient, codeWidth, hidden, n, 'tn', { accumulate: true });
    k.columnSums(code, b2.gradient, n, codeWidth);
    k.gemm(code, w2.values, dh1, n, hidden, codeWidth, 'nn');
    k.tanhBackward(h1, dh1, n * hidden);
    k.columnSums(dh1, b1.gradient, n, hidden);
    const { indices, weights } = rows.input;
    k.accumulate(w1.gradient, indices, dh1, rows.rowOf, weights, hidden, rows.input.indptr[n]!);
  };

  return {
    parameters,
    codeWidth,
    zWidth,
    width,
    w4,
    encode: (rows, code) => encode(rows, scratch.floats('h1', rows.size * hidden), code),
    sample,
    decode,
    outputs(rows, out) {
      const n = rows.size;
      const [h1, code] = [scratch.floats('h1', n * hidden), scratch.floats('code', n * codeWidth)];
      const z = scratch.floats('z', n * zWidth);
      encode(rows, h1, code);
      sample(code, undefined, z, n);
      decode(n, z, out);
    },
    open(rows) {
      const n = rows.size;
      const kept = {
        ...{ h1: k.floats(n * hidden), code: k.floats(n * codeWidth) },
        ...{ z: k.floats(n * zWidth), h2: k.floats(n * width) },
      };
      encode(rows, kept.h1, kept.code);
      sample(kept.code, undefined, kept.z, n);
      decode(n, kept.z, kept.h2);
      return {
        out: kept.h2,
        back: (gradient) => back(rows, kept, gradient),
        close: () => k.free(...Object.values(kept)),
      };
    },
    step(rows, noise, beta) {
      const n = rows.size;
      const [h1, h2] = [scratch.floats('h1', n * hidden), scratch.floats('h2', n * width)];
      const [code, z] = [scratch.floats('code', n * codeWidth), scratch.floats('z', n * zWidth)];
      const [logits, losses] = [scratch.floats('logits', n * columns), scratch.floats('losses', n)];
      const dh2 = scratch.floats('dh2', n * width);
      encode(rows, h1, code);
      let loss = sample(code, noise, z, n) * beta;
      decode(n, z, h2);
      k.gemm(h2, w4.values, logits, n, columns, width, 'nt');
      k.multinomial(logits, n, columns, rows.targets.indptr, rows.targets.indices, 1 / n, losses);
      for (let r = 0; r < n; r++) loss += losses[r]!;

      k.gemm(logits, h2, w4.gradient, columns, width, n, 'tn', { accumulate: true });
      k.gemm(logits, w4.values, dh2, n, hidden, columns, 'nn', { ldb: width, ldc: width });
      back(rows, { h1, code, z, h2 }, dh2, noise, beta / n);
      return loss;
    },
    close() {
      scratch.close();
      freeParameters(k, parameters);
    },
  };
}

const withBias = (inputs: number): number => Math.ceil((inputs + 1) / 4) * 4;

/** Writes `value` and then zeros after the first `inputs` of `width` values in each row. */
function endRows(x: Floats, rows: number, inputs: number, width: number, value: number): void {
  for (let r = 0; r < rows; r++) {
    x[r * width + inputs] = value;
    x.fill(0, r * width + inputs + 1, (r + 1) * width);
  }
}
