import type { DenseLayer } from '../dense/dense.js';
import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import { BLOCK, fours, layerLength, slotBytes } from './layout.js';

export interface PerceptronKernels {
  /**
   * Scores of all pairs of rows by a network with a split first layer: out[r][c] += output(x) with
   * x = relu(W_L ... relu(W_2 relu(a[r] + b[c]) + bias_2) ... + bias_L).
   * @param a `rows` rows of `width` values: one side's part of the first layer
   * @param b `columns` rows of `width` values: the other side's part
   * @param hidden the layers after the first, each with at least one unit
   * @param output a layer with a single unit
   * @param out `rows * columns` values, row by row
   */
  perceptronScores(
    a: Floats,
    b: Floats,
    rows: number,
    columns: number,
    width: number,
    hidden: readonly DenseLayer[],
    output: DenseLayer,
    out: Floats,
  ): void;
}

export function perceptronReference(m: Machine): PerceptronKernels {
  const numbers = (length: number): Floats =>
    m.precision === 'f64' ? new Float64Array(length) : new Float32Array(length);
  const apply = (layer: DenseLayer, x: Floats): Floats =>
    numbers(layer.bias.length).map((_, unit) => {
      let sum = layer.bias[unit]!;
      for (let d = 0; d < x.length; d++) sum += layer.weights[unit * x.length + d]! * x[d]!;
      return sum;
    });
  const relu = (x: Floats): Floats => x.map((value) => Math.max(value, 0));
  return {
    perceptronScores(a, b, rows, columns, width, hidden, output, out) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          let x = relu(numbers(width).map((_, d) => a[r * width + d]! + b[c * width + d]!));
          for (const layer of hidden) x = relu(apply(layer, x));
          out[r * columns + c]! += apply(output, x)[0]!;
        }
      }
    },
  };
}

/** Weights in the memory order of the kernel: four units at a time, missing units as zeros, the output last. */
function packWeights(hidden: readonly DenseLayer[], output: DenseLayer, width: number, to: Float32Array): void {
  let at = 0;
  let inputs = width;
  for (const { weights, bias } of hidden) {
    for (let first = 0; first < bias.length; first += 4) {
      for (let d = -1; d < inputs; d++) {
        for (let unit = first; unit < first + 4; unit++) {
          to[at++] = unit >= bias.length ? 0 : d < 0 ? bias[unit]! : weights[unit * inputs + d]!;
        }
      }
    }
    inputs = bias.length;
  }
  to[at] = output.bias[0]!;
  to.set(output.weights, at + 1);
}

export function perceptronWasm(m: WasmMachine): PerceptronKernels {
  return {
    perceptronScores(a, b, rows, columns, width, hidden, output, out) {
      const widths = hidden.map(({ bias }) => bias.length);
      const inputs = [width, ...widths];
      const packed = widths.reduce((sum, units, l) => sum + layerLength(inputs[l]!, units), 1 + inputs.at(-1)!);
      const weights = m.workspace('perceptron.weights', packed * 4);
      packWeights(hidden, output, width, m.floatsAt(weights, packed));
      const sizes = m.workspace('perceptron.widths', Math.max(1, widths.length) * 4);
      m.intsAt(sizes, widths.length).set(widths);
      const most = Math.max(...inputs.map(fours));
      const args = {
        a,
        ...{ b, rows, columns, width, widths: sizes, layers: widths.length, weights, most, out },
        ...takeSlots(m, 'perceptron', slotBytes(width, most)),
      };
      m.run('perceptronScores', args, Math.ceil(columns / BLOCK), 1);
    },
  };
}
