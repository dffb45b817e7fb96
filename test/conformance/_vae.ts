/** Subjects `model-mult-vae` and `model-item-autoencoder`: every stage of the network, the loss and all gradients. */
import { fromPairs, type Interactions } from 'recdistill/data';
import type { Kernels } from 'recdistill/kernels';
import { createVae, takeRowBlock, unitNorm, type Vae } from 'recdistill/models';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put } from './_machines.js';
import { fillParameters } from './_model.js';
import { readMatrix, readNumber, readNumbers } from './inputs.js';
import { flattenRows, type Matrix, nestRows, turned } from './matrix.js';

export const vaeChecker: Checker = {
  // Four layers of float32 sums; e^x and tanh of the kernels are good to 5e-7.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) => onBoth((k) => vaeResult(k, inputs)),
};

/** Without `epsilon` the network is not variational: W2 gives mu alone. */
function vaeResult(k: Kernels, inputs: Inputs): Result {
  const x = readMatrix(inputs, 'rows');
  const [w1, w3] = [readMatrix(inputs, 'W1'), readMatrix(inputs, 'W3')];
  const [n, columns, hidden, latent] = [x.rows, x.columns, w1.rows, w3.columns];
  const [beta, variational] = [readNumber(inputs, 'beta'), 'epsilon' in inputs];
  const vae = createVae(k, { columns, hidden, latent, variational }, 0, 'conformance');
  fillParameters(vae, {
    // The first layer is kept as columns x hidden, the decoder with its biases behind its weights; all else as in the golden files.
    w1: turned(w1),
    b1: Float64Array.from(readNumbers(inputs, 'b1')),
    w2: readMatrix(inputs, 'W2').values,
    b2: Float64Array.from(readNumbers(inputs, 'b2')),
    w3: withBias(w3, readNumbers(inputs, 'b3'), vae.zWidth),
    w4: withBias(readMatrix(inputs, 'W4'), readNumbers(inputs, 'b4'), vae.width),
  });
  const everyRow = Int32Array.from({ length: n }, (_, r) => r);
  const rows = takeRowBlock(k, interactionsOf(x), everyRow, unitNorm);
  const noise = put(k, variational ? readMatrix(inputs, 'epsilon').values : []);
  const { codeWidth, zWidth, width } = vae;
  const [code, z, output] = [k.floats(n * codeWidth), k.floats(n * zWidth), k.floats(n * width)];
  const [logits, losses] = [k.floats(n * columns), k.floats(n)];
  vae.encode(rows, code);
  const kl = Array.from(everyRow, (r) =>
    vae.sample(
      code.subarray(r * codeWidth, (r + 1) * codeWidth),
      noise.subarray(r * latent, (r + 1) * latent),
      z.subarray(r * zWidth, (r + 1) * zWidth),
      1,
    ),
  );
  vae.decode(n, z, output);
  k.gemm(output, vae.w4.values, logits, n, columns, width, 'nt');
  const plain = nestRows(logits, columns);
  k.multinomial(logits, n, columns, rows.targets.indptr, rows.targets.indices, 1, losses);
  const loss = vae.step(rows, noise, beta);
  const codes = nestRows(code, codeWidth);
  const result = {
    mu: codes.map((row) => row.slice(0, latent)),
    ...(variational ? { logvar: codes.map((row) => row.slice(latent)), kl_per_row: kl } : {}),
    z: nestRows(z, zWidth).map((row) => row.slice(0, latent)),
    logits: plain,
    log_likelihood_per_row: Array.from(losses, (l) => -l),
    loss_sum: loss,
    loss_mean: loss / n,
    grad_of_loss_mean: gradientsOf(vae, hidden, latent),
  };
  rows.close();
  vae.close();
  k.free(noise, code, z, output, logits, losses);
  return result;
}

function interactionsOf(x: Matrix): Interactions {
  const cells = Array.from(x.values.keys()).filter((at) => x.values[at] !== 0);
  if (cells.some((at) => x.values[at] !== 1)) throw new Error('inputs.rows holds numbers other than 0 and 1');
  return fromPairs(
    x.rows,
    x.columns,
    cells.map((at) => Math.floor(at / x.columns)),
    cells.map((at) => at % x.columns),
  );
}

/** Under the names of the golden files. */
function gradientsOf({ parameters }: Vae, hidden: number, latent: number): { [name: string]: Result } {
  const gradient = (name: string) => {
    const p = parameters.find((q) => q.name === name)!;
    return nestRows(p.gradient, p.shape.at(-1)!);
  };
  const w1 = flattenRows(gradient('w1'));
  const weights = (name: string, inputs: number) => gradient(name).map((row) => row.slice(0, inputs));
  const biases = (name: string, inputs: number) => gradient(name).map((row) => row[inputs]!);
  return {
    ...{ W1: nestRows(turned(w1), w1.rows), b1: gradient('b1')[0] },
    ...{ W2: gradient('w2'), b2: gradient('b2')[0] },
    ...{ W3: weights('w3', latent), b3: biases('w3', latent) },
    ...{ W4: weights('w4', hidden), b4: biases('w4', hidden) },
  };
}

/** Rows [weights, bias, zeros], `width` numbers each. */
function withBias({ rows, columns, values }: Matrix, biases: readonly number[], width: number): Float64Array {
  const out = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    out.set(values.subarray(r * columns, (r + 1) * columns), r * width);
    out[r * width + columns] = biases[r]!;
  }
  return out;
}
