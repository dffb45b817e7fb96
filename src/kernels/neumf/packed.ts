/** The layers of NeuMF in the memory order of its kernels, and their gradients. */
import type { DenseLayer } from '../dense/dense.js';
import type { Floats, WasmMachine } from '../machine/machine.js';
import { writeRecords } from '../machine/records.js';
import { eights } from './layout.js';

/**
 * The layers of NeuMF (He et al., WWW 2017). For a user's row [p, r] and an item's row [q, s], each half `dim` numbers:
 * logit = <wOut, [p * q, x_L]> + bOut, x_1 = relu(w_1 [r, s] + b_1), x_l = relu(w_l x_{l-1} + b_l).
 */
export interface NeumfLayers {
  /** At least one; the first has 2 * dim inputs. */
  readonly hidden: readonly DenseLayer[];
  /** dim weights on the product, then those on the last hidden layer. */
  readonly output: DenseLayer;
}

/** One half of the first layer, or a further layer: the columns of `weights` from `from` on. */
interface Part {
  readonly inputs: number;
  readonly units: number;
  readonly weights: Floats;
  readonly columns: number;
  readonly from: number;
}

function partsOf(dim: number, hidden: readonly DenseLayer[]): Part[] {
  return hidden.flatMap(({ weights, bias }, l): Part[] => {
    const units = bias.length;
    const columns = weights.length / units;
    if (l > 0) return [{ inputs: columns, units, weights, columns, from: 0 }];
    return [0, dim].map((from) => ({ inputs: dim, units, weights, columns, from }));
  });
}

/** Offsets of the packed layers and of their gradient sums, in values. */
interface Packing {
  readonly parts: readonly (Part & Record<'forward' | 'backward' | 'bias' | 'weightSums' | 'biasSums', number>)[];
  /** Length of the packed layers and of the sums. */
  readonly packed: number;
  readonly sums: number;
}

/** The packed layers begin with the padded weights of the output, and so do the sums. */
export function packingOf(dim: number, hidden: readonly DenseLayer[]): Packing {
  const output = eights(dim) + eights(hidden.at(-1)!.bias.length);
  const size = { packed: output, sums: output };
  const take = (of: 'packed' | 'sums', length: number): number => {
    size[of] += length;
    return size[of] - length;
  };
  const parts = partsOf(dim, hidden).map((part) => ({
    ...part,
    forward: take('packed', part.inputs * eights(part.units)),
    backward: take('packed', part.units * eights(part.inputs)),
    bias: take('packed', eights(part.units)),
    weightSums: take('sums', eights(part.units) * eights(part.inputs)),
    biasSums: take('sums', eights(part.units)),
  }));
  return { parts, ...size };
}

/** Packs the weights, padded with zeros. @returns the addresses of the packed values and of the layer records */
export function packLayers(m: WasmMachine, dim: number, { hidden, output }: NeumfLayers, { parts, packed }: Packing) {
  const address = m.workspace('neumf.packed', packed * 4);
  const to = m.floatsAt(address, packed).fill(0);
  to.set(output.weights.subarray(0, dim));
  to.set(output.weights.subarray(dim), eights(dim));
  parts.forEach(({ inputs, units, weights, columns, from, forward, backward, bias }, at) => {
    for (let unit = 0; unit < units; unit++) {
      for (let d = 0; d < inputs; d++) {
        const weight = weights[unit * columns + from + d]!;
        to[forward + d * eights(units) + unit] = weight;
        to[backward + unit * eights(inputs) + d] = weight;
      }
    }
    to.set(hidden[Math.max(0, at - 1)]!.bias, bias);
  });
  const records = parts.map(({ inputs, units, forward, backward, bias, weightSums, biasSums }) => ({
    ...{ inputs, units, forward: address + forward * 4, backward: address + backward * 4, bias: address + bias * 4 },
    ...{ weightSums: weightSums * 4, biasSums: biasSums * 4 },
  }));
  return { packed: address, layout: writeRecords(m, 'neumf.layout', 'NeumfLayer', records) };
}

/** Adds the sums of all chunks to the gradient of the layers. */
export function addGradients(
  m: WasmMachine,
  dim: number,
  packing: Packing,
  sums: number,
  chunks: number,
  gradient: NeumfLayers,
): void {
  const rows = packing.sums / 8;
  const address = m.workspace('neumf.total', packing.sums * 4);
  m.run('addParts', { sums, parts: chunks, c: address, ldc: 8, m: rows, n: 8, alpha: 1, accumulate: 0 }, rows, 128);
  const total = m.floatsAt(address, packing.sums);
  const { weights } = gradient.output;
  for (let d = 0; d < dim; d++) weights[d]! += total[d]!;
  for (let d = dim; d < weights.length; d++) weights[d]! += total[eights(dim) + d - dim]!;
  const into = partsOf(dim, gradient.hidden);
  packing.parts.forEach(({ inputs, units, columns, from, weightSums, biasSums }, at) => {
    for (let unit = 0; unit < units; unit++) {
      for (let d = 0; d < inputs; d++) {
        into[at]!.weights[unit * columns + from + d]! += total[weightSums + unit * eights(inputs) + d]!;
      }
      // The sums of the first layer's bias are with its second half.
      if (at > 0) gradient.hidden[at - 1]!.bias[unit]! += total[biasSums + unit]!;
    }
  });
}
