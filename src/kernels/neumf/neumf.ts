import type { Floats, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import { eights, fours, slotBytes } from './layout.js';
import { addGradients, type NeumfLayers, packingOf, packLayers } from './packed.js';

export type { NeumfLayers };

/** Points in groups of equal size. The points of a group are adjacent and belong to one user. */
export interface NeumfGroups {
  readonly groups: number;
  /** 2 * dim values per group, the row of its user. */
  readonly userRows: Floats;
  /** The item of each point; their number is a multiple of the number of groups. */
  readonly items: Int32Array;
}

/** The same with buffers for gradients. `userRows` is overwritten by its gradient. */
export interface NeumfPoints extends NeumfGroups {
  /** Output: the gradient of the item's row of each point, 2 * dim values. */
  readonly itemRows: Floats;
}

export interface NeumfKernels {
  /** Writes the logits of points to `out`. @param itemFactors rows of 2 * dim values */
  neumfLogits(dim: number, itemFactors: Floats, layers: NeumfLayers, points: NeumfGroups, out: Floats): void;
  /**
   * Gradients of a loss on the logits of points, for their rows and for the layers. `loss` gets the logits in the order of the points, writes
   * their derivatives to `scoreGradients`, and returns its value, which is returned.
   * @param itemFactors rows of 2 * dim values
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

/** Points per block. Their rows and layers fit into the L2 cache. */
const POINTS = 96;
/** Maximum number of chunks, each with its own sums. */
const CHUNKS = 32;

export function neumfWasm(m: WasmMachine): NeumfKernels {
  /** Runs the forward pass. Returns the arguments shared with the backward pass, and where the logits are. */
  const forward = (
    dim: number,
    itemFactors: Floats,
    layers: NeumfLayers,
    { groups, userRows, items: ids }: NeumfGroups,
  ) => {
    const points = ids.length;
    const perGroup = points / groups;
    const packing = packingOf(dim, layers.hidden);
    const { packed, layout } = packLayers(m, dim, layers, packing);
    const widths = layers.hidden.map(({ bias }) => eights(bias.length));
    const most = Math.max(...widths);

    // Depends on the shape alone, so that the order of the sums does not depend on the threads.
    const fitting = Math.max(1, Math.floor(POINTS / perGroup));
    const blockGroups = fitting < 4 ? fitting : fitting - (fitting % 4);
    const chunk = blockGroups * Math.ceil(groups / blockGroups / CHUNKS);
    const rows = fours(blockGroups * perGroup);
    const blockBytes = rows * (2 * eights(dim) + widths.reduce((sum, width) => sum + width, 0)) * 4;
    const logits = m.workspace('neumf.results', points * 8);
    const shared = {
      userRows,
      ...{ dim, perGroup, layout, blockBytes, blockGroups },
      layers: layers.hidden.length,
      gmf: packed,
      mlp: packed + eights(dim) * 4,
      state: m.workspace('neumf.state', Math.ceil(groups / blockGroups) * blockBytes),
      ...takeSlots(m, 'neumf', slotBytes(dim, widths[0]!, most, blockGroups, blockGroups * perGroup)),
    };
    const inputs = { items: itemFactors, itemIds: ids, bias: layers.output.bias[0]! };
    m.run('neumfForward', { ...shared, ...inputs, logits }, groups, chunk);
    return { packing, shared, chunk, most, logits, scoreGradients: logits + points * 4 };
  };
  return {
    neumfLogits(dim, itemFactors, layers, points, out) {
      if (points.groups === 0) return;
      const { logits } = forward(dim, itemFactors, layers, points);
      out.set(m.floatsAt(logits, points.items.length));
    },
    neumfStep(dim, itemFactors, layers, points, loss, gradient) {
      if (points.groups === 0) return loss(m.floatsAt(0, 0), m.floatsAt(0, 0));
      const { packing, shared, chunk, most, ...at } = forward(dim, itemFactors, layers, points);
      const scoreGradients = m.floatsAt(at.scoreGradients, points.items.length);
      const value = loss(m.floatsAt(at.logits, points.items.length), scoreGradients);
      const chunks = Math.ceil(points.groups / chunk);
      const sums = m.workspace('neumf.sums', chunks * packing.sums * 4);
      const args = {
        itemRows: points.itemRows,
        ...{ ...shared, scoreGradients: at.scoreGradients, sums, sumBytes: packing.sums * 4, chunk, most },
      };
      m.run('neumfBackward', args, points.groups, chunk);
      addGradients(m, dim, packing, sums, chunks, gradient);
      let biasGradient = 0;
      for (let p = 0; p < scoreGradients.length; p++) biasGradient += scoreGradients[p]!;
      gradient.output.bias[0]! += biasGradient;
      return value;
    },
  };
}
