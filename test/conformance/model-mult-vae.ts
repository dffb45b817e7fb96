/** Subject `model-mult-vae`: every stage of the network, the loss and all gradients. */
import { fromPairs, type Interactions } from 'recdistill/data';
import type { Floats, Kernels } from 'recdistill/kernels';
import { createVae, inputOf, sample, takeBatch } from 'recdistill/models';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put } from './_machines.js';
import { fillParameters } from './_model.js';
import { readMatrix, readNumber, readNumbers } from './inputs.js';
import { type Matrix, nestRows } from './matrix.js';

export const modelMultVae: Checker = {
  // Four layers of float32 sums; e^x and tanh of the kernels are good to 5e-7.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) => onBoth((k) => multVae(k, inputs)),
};

function multVae(k: Kernels, inputs: Inputs): Result {
  const x = readMatrix(inputs, 'rows');
  const weights = { w1: readMatrix(inputs, 'W1'), w2: readMatrix(inputs, 'W2'), w3: readMatrix(inputs, 'W3') };
  const [n, items, hidden, latent] = [x.rows, x.columns, weights.w1.rows, weights.w3.columns];
  const beta = readNumber(inputs, 'beta');
  const bias = (key: string) => Float64Array.from(readNumbers(inputs, key));
  const vae = createVae(k, { items, hidden, latent }, 0);
  fillParameters(vae, {
    // The first layer is kept as items x hidden; all others are [out][in] as in the golden files.
    w1: turned(weights.w1),
    b1: bias('b1'),
    w2: weights.w2.values,
    b2: bias('b2'),
    w3: weights.w3.values,
    b3: bias('b3'),
    w4: readMatrix(inputs, 'W4').values,
    b4: bias('b4'),
  });
  const everyRow = Int32Array.from({ length: n }, (_, r) => r);
  const rows = takeBatch(k, inputOf(interactionsOf(x), everyRow, undefined, 1), items);
  const noise = put(k, readMatrix(inputs, 'epsilon').values);
  const [code, z, logits, losses] = [k.floats(n * 2 * latent), k.floats(n * latent), k.floats(n * items), k.floats(n)];
  vae.encode(rows, code);
  const kl = Array.from(everyRow, (r) => {
    const part = (array: Floats, width: number) => array.subarray(r * width, (r + 1) * width);
    return sample(part(code, 2 * latent), part(noise, latent), part(z, latent), 1, latent);
  });
  vae.decode(n, z, logits);
  const plain = nestRows(logits, items);
  k.multinomial(logits, n, items, rows.targets.indptr, rows.targets.indices, 1, losses);
  const loss = vae.step(rows, noise, beta);
  const codes = nestRows(code, 2 * latent);
  const result = {
    mu: codes.map((row) => row.slice(0, latent)),
    logvar: codes.map((row) => row.slice(latent)),
    z: nestRows(z, latent),
    logits: plain,
    log_likelihood_per_row: Array.from(losses, (l) => -l),
    kl_per_row: kl,
    loss_sum: loss,
    loss_mean: loss / n,
    grad_of_loss_mean: gradientsOf(vae.parameters, items, hidden),
  };
  rows.close();
  vae.close();
  k.free(noise, code, z, logits, losses);
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
function gradientsOf(
  parameters: ReturnType<typeof createVae>['parameters'],
  items: number,
  hidden: number,
): { [name: string]: Result } {
  return Object.fromEntries(
    parameters.map((p): [string, Result] => {
      const values = Float64Array.from(p.gradient);
      if (p.shape.length === 1) return [p.name, values];
      if (p.name !== 'w1') return [p.name.toUpperCase(), nestRows(values, p.shape[1]!)];
      return ['W1', nestRows(turned({ rows: items, columns: hidden, values }), items)];
    }),
  );
}

const turned = ({ rows, columns, values }: Matrix): Float64Array =>
  Float64Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
