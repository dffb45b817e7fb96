/** The parameters and the noise of a variational autoencoder as the peer takes them. */
import type { Kernels } from 'recdistill';
import type { Floats } from 'recdistill/kernels';
import { stream } from 'recdistill/math';
import type { Optimizer, TrainableModel } from 'recdistill/models';
import { type Tensor, tensor } from '../tensors.js';
import { copied } from './_model.js';

export interface VaeShape {
  readonly hidden: number;
  readonly dim: number;
}

/** In the order of the layers. */
export const vaeNames = ['w1', 'b1', 'w2', 'b2', 'w3', 'b3', 'w4', 'b4'] as const;

type Named = Readonly<Record<string, Tensor>>;

/** `values` of each parameter under the peer's names: our decoder keeps its biases behind its weights. */
function split(model: TrainableModel, { hidden, dim }: VaeShape, values: (name: string) => Floats): Named {
  const out: Record<string, Tensor> = {};
  for (const { name, shape } of model.parameters) {
    const inputs = { w3: dim, w4: hidden }[name];
    const [rows, width] = [shape[0]!, shape[1] ?? 1];
    if (inputs === undefined) out[name] = copied(values(name), ...shape);
    else {
      const column = (c: number, r: number) => values(name)[r * width + c]!;
      const weights = Float32Array.from({ length: rows * inputs }, (_, at) =>
        column(at % inputs, Math.floor(at / inputs)),
      );
      out[name] = tensor(weights, rows, inputs);
      out[name.replace('w', 'b')] = tensor(Float32Array.from({ length: rows }, (_, r) => column(inputs, r)));
    }
  }
  return out;
}

export const vaeParameters = (model: TrainableModel, shape: VaeShape): Named =>
  split(model, shape, (name) => model.parameters.find((p) => p.name === name)!.values);

/** Adam's first moments, named `<parameter>.first`: after one step the gradients, up to a factor. */
export function vaeMoments(model: TrainableModel, shape: VaeShape, adam: Optimizer): Named {
  const moments = split(model, shape, (name) => adam.state.find((s) => s.name === `${name}.first`)!.values);
  return Object.fromEntries(Object.entries(moments).map(([name, values]) => [`${name}.first`, values]));
}

/** The noise that the model draws for `rows` rows in epoch 1 under seed 1. */
export function vaeNoise(k: Kernels, name: string, rows: number, batchSize: number, dim: number): Tensor {
  const noise = new Float32Array(rows * dim);
  for (let begin = 0, index = 0; begin < rows; begin += batchSize, index++) {
    const part = k.floats(Math.min(batchSize, rows - begin) * dim);
    k.normal(part, stream(1, `${name} noise`), 65_536 + index, 1);
    noise.set(part, begin * dim);
    k.free(part);
  }
  return tensor(noise, rows, dim);
}
