import type { Floats, Machine } from '../machine/machine.js';
import type { NeumfGroups, NeumfKernels, NeumfLayers } from './neumf.js';

export function neumfReference(m: Machine): NeumfKernels {
  const numbers = (length: number): Floats =>
    m.precision === 'f64' ? new Float64Array(length) : new Float32Array(length);
  const numbersOf = (dim: number, itemFactors: Floats, { hidden, output }: NeumfLayers, points: NeumfGroups) => {
    const { groups, userRows, items: ids } = points;
    const perGroup = ids.length / groups;
    const wide = 2 * dim;
    const rowsOf = (p: number) => {
      const [u, i] = [Math.floor(p / perGroup) * wide, ids[p]! * wide];
      return { user: userRows.subarray(u, u + wide), item: itemFactors.subarray(i, i + wide) };
    };
    /** [r, s], then the output of each hidden layer. */
    const layersOf = ({ user, item }: { user: Floats; item: Floats }): Floats[] => {
      const x = [numbers(wide)];
      x[0]!.set(user.subarray(dim));
      x[0]!.set(item.subarray(dim), dim);
      for (const { weights, bias } of hidden) {
        const inputs = x.at(-1)!;
        x.push(numbers(bias.length).map((_, unit) => Math.max(0, bias[unit]! + dotAt(weights, unit, inputs))));
      }
      return x;
    };
    const logits = (out: Floats) => {
      for (let p = 0; p < ids.length; p++) {
        const { user, item } = rowsOf(p);
        const last = layersOf({ user, item }).at(-1)!;
        out[p] = output.bias[0]! + dotAt(output.weights.subarray(dim), 0, last);
        for (let d = 0; d < dim; d++) out[p]! += output.weights[d]! * user[d]! * item[d]!;
      }
    };
    return { perGroup, wide, rowsOf, layersOf, logits };
  };
  return {
    neumfLogits: (dim, itemFactors, layers, points, out) => numbersOf(dim, itemFactors, layers, points).logits(out),
    neumfStep(dim, itemFactors, layers, points, loss, gradient) {
      const { hidden, output } = layers;
      const { groups, userRows, items: ids, itemRows } = points;
      const { perGroup, wide, rowsOf, layersOf, logits: write } = numbersOf(dim, itemFactors, layers, points);
      const [logits, scoreGradients] = [numbers(ids.length), numbers(ids.length)];
      write(logits);
      const value = loss(logits, scoreGradients);
      const userGradient = numbers(groups * wide);
      for (let p = 0; p < ids.length; p++) {
        const { user, item } = rowsOf(p);
        const x = layersOf({ user, item });
        const scoreGradient = scoreGradients[p]!;
        const ofUser = userGradient.subarray(Math.floor(p / perGroup) * wide);
        const ofItem = itemRows.subarray(p * wide, (p + 1) * wide);
        gradient.output.bias[0]! += scoreGradient;
        for (let d = 0; d < dim; d++) {
          gradient.output.weights[d]! += scoreGradient * user[d]! * item[d]!;
          ofUser[d]! += scoreGradient * output.weights[d]! * item[d]!;
          ofItem[d] = scoreGradient * output.weights[d]! * user[d]!;
        }
        for (const [d, value] of x.at(-1)!.entries()) gradient.output.weights[dim + d]! += scoreGradient * value;
        let dx: Floats = x.at(-1)!.map((_, d) => scoreGradient * output.weights[dim + d]!);
        for (let l = hidden.length - 1; l >= 0; l--) {
          const [inputs, outputs] = [x[l]!, x[l + 1]!];
          const before = numbers(inputs.length);
          for (const [unit, value] of outputs.entries()) {
            if (!(value > 0)) continue;
            gradient.hidden[l]!.bias[unit]! += dx[unit]!;
            for (let d = 0; d < inputs.length; d++) {
              gradient.hidden[l]!.weights[unit * inputs.length + d]! += dx[unit]! * inputs[d]!;
              before[d]! += dx[unit]! * hidden[l]!.weights[unit * inputs.length + d]!;
            }
          }
          dx = before;
        }
        for (let d = 0; d < dim; d++) ofUser[dim + d]! += dx[d]!;
        ofItem.set(dx.subarray(dim), dim);
      }
      userRows.set(userGradient);
      return value;
    },
  };
}

function dotAt(rows: Floats, row: number, x: Floats): number {
  let sum = 0;
  for (let d = 0; d < x.length; d++) sum += rows[row * x.length + d]! * x[d]!;
  return sum;
}
