import type { Floats, Machine, WasmMachine } from './_machine.js';
import type { DenseLayer } from './dense.js';
import { takeSlots } from './slots.js';

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

/** Points in groups of equal size; those of a group are side by side and of one user. */
export interface NeumfGroups {
  readonly groups: number;
  /** 2 * dim numbers for each group, the row of its user. */
  readonly userRows: Floats;
  /** The item of each point; their number is a multiple of the number of groups. */
  readonly items: Int32Array;
}

/** The same with room for gradients; `userRows` is replaced by the gradient with respect to it. */
export interface NeumfPoints extends NeumfGroups {
  /** Gets the gradient with respect to the item's row of each point, 2 * dim numbers. */
  readonly itemRows: Floats;
}

export interface NeumfKernels {
  /** Writes the logits of points to `out`. @param items rows of 2 * dim numbers */
  neumfLogits(dim: number, itemFactors: Floats, layers: NeumfLayers, points: NeumfGroups, out: Floats): void;
  /**
   * Takes a loss on the logits of points back to rows and layers. `loss` is given the logits in the order of the points and puts its
   * derivative with respect to each into `scoreGradients`; what it returns is returned.
   * @param items rows of 2 * dim numbers
   * @param gradient the gradient of the layers is added to it
   */
  neumfStep(
    dim: number,
    itemFactors: Floats,
    layers: NeumfLayers,
    points: NeumfPoints,
    loss: (logits: Floats, scoreGradients: Floats) => number,
    gradient: NeumfLayers,
  ): number;
}

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
    /** [r, s], then what each hidden layer makes of it. */
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
        const slope = scoreGradients[p]!;
        const ofUser = userGradient.subarray(Math.floor(p / perGroup) * wide);
        const ofItem = itemRows.subarray(p * wide, (p + 1) * wide);
        gradient.output.bias[0]! += slope;
        for (let d = 0; d < dim; d++) {
          gradient.output.weights[d]! += slope * user[d]! * item[d]!;
          ofUser[d]! += slope * output.weights[d]! * item[d]!;
          ofItem[d] = slope * output.weights[d]! * user[d]!;
        }
        for (const [d, value] of x.at(-1)!.entries()) gradient.output.weights[dim + d]! += slope * value;
        let dx: Floats = x.at(-1)!.map((_, d) => slope * output.weights[dim + d]!);
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

/** Points of a block: with all that belongs to them they stay in the second-level cache. */
const POINTS = 96;
/** Most chunks, each with sums of its own. */
const CHUNKS = 32;

const eights = (n: number): number => Math.ceil(n / 8) * 8;
const fours = (n: number): number => Math.ceil(n / 4) * 4;

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

/** Where the packed layers and their sums are, in numbers from the start of each. */
interface Plan {
  readonly parts: readonly (Part & Record<'forward' | 'backward' | 'bias' | 'weightSums' | 'biasSums', number>)[];
  readonly packed: number;
  readonly sums: number;
}

/** The packed layers begin with the output's weights, filled up, and so do the sums. */
function planOf(dim: number, hidden: readonly DenseLayer[]): Plan {
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

export function neumfWasm(m: WasmMachine): NeumfKernels {
  /** Weights in the order in which the products read them. What fills rows up stays zero. */
  const pack = (dim: number, { hidden, output }: NeumfLayers, plan: Plan): number => {
    const address = m.workspace('neumf.packed', plan.packed * 4);
    const to = m.floatsAt(address, plan.packed).fill(0);
    to.set(output.weights.subarray(0, dim));
    to.set(output.weights.subarray(dim), eights(dim));
    plan.parts.forEach(({ inputs, units, weights, columns, from, forward, backward, bias }, at) => {
      for (let unit = 0; unit < units; unit++) {
        for (let d = 0; d < inputs; d++) {
          const weight = weights[unit * columns + from + d]!;
          to[forward + d * eights(units) + unit] = weight;
          to[backward + unit * eights(inputs) + d] = weight;
        }
      }
      to.set(hidden[Math.max(0, at - 1)]!.bias, bias);
    });
    return address;
  };
  /** The fields of a layer in assembly/neumf.ts, in its order. */
  const layoutOf = (plan: Plan, packed: number): number => {
    const address = m.workspace('neumf.layout', plan.parts.length * 28);
    const fields = plan.parts.flatMap((p) => [
      p.inputs,
      p.units,
      packed + p.forward * 4,
      packed + p.backward * 4,
      packed + p.bias * 4,
      p.weightSums * 4,
      p.biasSums * 4,
    ]);
    m.intsAt(address, fields.length).set(fields);
    return address;
  };
  /** Adds the chunks' sums up and puts them into the gradient. */
  const collect = (dim: number, plan: Plan, sums: number, chunks: number, gradient: NeumfLayers): void => {
    const address = m.workspace('neumf.total', plan.sums * 4);
    m.run('addParts', [sums, chunks, address, 8, plan.sums / 8, 8, 1, 0], plan.sums / 8, 128);
    const total = m.floatsAt(address, plan.sums);
    const { weights } = gradient.output;
    for (let d = 0; d < dim; d++) weights[d]! += total[d]!;
    for (let d = dim; d < weights.length; d++) weights[d]! += total[eights(dim) + d - dim]!;
    const into = partsOf(dim, gradient.hidden);
    plan.parts.forEach(({ inputs, units, columns, from, weightSums, biasSums }, at) => {
      for (let unit = 0; unit < units; unit++) {
        for (let d = 0; d < inputs; d++) {
          into[at]!.weights[unit * columns + from + d]! += total[weightSums + unit * eights(inputs) + d]!;
        }
        // The sums of the first layer's bias stand with its second half.
        if (at > 0) gradient.hidden[at - 1]!.bias[unit]! += total[biasSums + unit]!;
      }
    });
  };
  /** Runs the way forward; `outputs` are what the way back needs of it. */
  const forward = (
    dim: number,
    itemFactors: Floats,
    layers: NeumfLayers,
    { groups, userRows, items: ids }: NeumfGroups,
  ) => {
    const points = ids.length;
    const perGroup = points / groups;
    const plan = planOf(dim, layers.hidden);
    const packed = pack(dim, layers, plan);
    const layout = layoutOf(plan, packed);
    const widths = layers.hidden.map(({ bias }) => eights(bias.length));
    const most = Math.max(...widths);

    // By the shape alone, so that the order of the sums does not depend on the threads.
    const fitting = Math.max(1, Math.floor(POINTS / perGroup));
    const block = fitting < 4 ? fitting : fitting - (fitting % 4);
    const chunk = block * Math.ceil(groups / block / CHUNKS);
    const rows = fours(block * perGroup);
    const blockBytes = rows * (2 * eights(dim) + widths.reduce((sum, width) => sum + width, 0)) * 4;
    const state = m.workspace('neumf.state', Math.ceil(groups / block) * blockBytes);
    const results = m.workspace('neumf.results', points * 8);
    const own = fours(block) * (eights(dim) + widths[0]!) + 2 * eights(dim);
    const slots = takeSlots(m, 'neumf', (own + rows * (eights(dim) + 2 * most)) * 4);

    const shape = [m.address(userRows), dim, perGroup, layout, layers.hidden.length, packed, packed + eights(dim) * 4];
    const blocks = [state, blockBytes, block];
    const bias = layers.output.bias[0]!;
    m.run(
      'neumfForward',
      [...shape, m.address(itemFactors), m.address(ids), bias, ...blocks, results, ...slots],
      groups,
      chunk,
    );
    return { plan, shape, blocks, chunk, most, slots, logits: results, scoreGradients: results + points * 4 };
  };
  return {
    neumfLogits(dim, itemFactors, layers, points, out) {
      if (points.groups === 0) return;
      const { logits } = forward(dim, itemFactors, layers, points);
      out.set(m.floatsAt(logits, points.items.length));
    },
    neumfStep(dim, itemFactors, layers, points, loss, gradient) {
      if (points.groups === 0) return loss(m.floatsAt(0, 0), m.floatsAt(0, 0));
      const { plan, shape, blocks, chunk, most, slots, ...at } = forward(dim, itemFactors, layers, points);
      const scoreGradients = m.floatsAt(at.scoreGradients, points.items.length);
      const value = loss(m.floatsAt(at.logits, points.items.length), scoreGradients);
      const chunks = Math.ceil(points.groups / chunk);
      const sums = m.workspace('neumf.sums', chunks * plan.sums * 4);
      const outputs = [at.scoreGradients, m.address(points.itemRows), sums, plan.sums * 4, chunk, most];
      m.run('neumfBackward', [...shape, ...blocks, ...outputs, ...slots], points.groups, chunk);
      collect(dim, plan, sums, chunks, gradient);
      let slope = 0;
      for (let p = 0; p < scoreGradients.length; p++) slope += scoreGradients[p]!;
      gradient.output.bias[0]! += slope;
      return value;
    },
  };
}
