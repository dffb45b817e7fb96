/** The frame of the rows on one epoch of a model: batches that are drawn beforehand for both sides, and Adam on every parameter. */
import { createKernels, type Kernels } from 'recdistill';
import type { Batch, Optimizer, TrainableModel } from 'recdistill/models';
import type { BenchRow, PeerForm } from '../_row.js';
import { type Check, mostlyNear, near } from '../compare.js';
import type { BenchData } from '../data.js';
import { type Tensors, tensor } from '../tensors.js';
import { adamOf, freshModel, parametersOf } from './_model.js';

export interface Epoch {
  /** What is done in it, in one sentence, with the sizes. */
  readonly work: string;
  /** The batches as the peer takes them. */
  readonly inputs: Tensors;
  /** @param most only the first so many interactions */
  batches(most?: number): Iterable<Batch>;
  /** Interactions that are compared; absent: the whole epoch. */
  readonly compared?: number;
}

export interface EpochContext<Shape> {
  readonly k: Kernels;
  readonly data: BenchData;
  readonly shape: Shape;
}

export interface EpochSpec<Shape> {
  readonly title: string;
  readonly goal: string;
  readonly cases: Readonly<Record<string, Shape>>;
  readonly model: string;
  /** Options of the model. The peer gets them, too, with those of Adam. */
  options(shape: Shape): Readonly<Record<string, unknown>>;
  readonly adam: { readonly learningRate: number; readonly l2: number };
  draw(context: EpochContext<Shape>): Epoch;
  /** The loss of a batch is divided by its size. Default: false. */
  readonly meanLoss?: boolean;
  /** The parameters as the peer takes them. Default: as they are. */
  parameters?(model: TrainableModel, shape: Shape): Tensors;
  /** What is compared besides the loss. Default: the parameters. */
  result?(model: TrainableModel, shape: Shape, optimizer: Optimizer): Tensors;
  compare(ours: Tensors, peer: Tensors): readonly Check[];
  /** File in bench/peers. */
  readonly script: string;
  /** The first uses PyTorch's Adam as it comes, the others `Adam(fused=True)`. */
  readonly peers: readonly (Pick<PeerForm, 'name' | 'about'> & { readonly form?: string })[];
}

export const epochRow = <Shape>(spec: EpochSpec<Shape>): BenchRow => ({
  title: spec.title,
  goal: spec.goal,
  cases: Object.keys(spec.cases),
  prepare(name, { data, threads }) {
    const shape = spec.cases[name]!;
    const k = createKernels({ threads });
    const options = spec.options(shape);
    const model = freshModel(k, data, spec.model, options);
    const optimizer = adamOf(k, model, spec.adam);
    const parameters = () => spec.parameters?.(model, shape) ?? parametersOf(model);
    const { work, inputs, batches, compared } = spec.draw({ k, data, shape });
    const params = { ...spec.adam, ...options, ...(compared === undefined ? {} : { compared }) };
    let loss = 0;
    const train = (most?: number) => {
      loss = 0;
      for (const batch of batches(most)) {
        model.forward?.(batch);
        loss += model.accumulate(batch) / (spec.meanLoss ? batch.size : 1);
        model.backward?.();
        optimizer.step();
        model.afterStep?.();
      }
    };
    return {
      work,
      inputs: { ...inputs, ...parameters() },
      ours: {
        run: () => train(),
        ...(compared === undefined ? {} : { first: () => train(compared) }),
        result: () => ({
          loss: tensor(Float32Array.of(loss)),
          ...(spec.result?.(model, shape, optimizer) ?? parameters()),
        }),
        close: () => k.close(),
      },
      peers: spec.peers.map(({ name, about, ...form }, at) => ({
        ...{ name, about, script: spec.script },
        params: { ...params, ...form, fused: at > 0 },
      })),
      compare: (ours, peer) => [near('loss', ours.loss!, peer.loss!, 1e-5), ...spec.compare(ours, peer)],
    };
  },
});

interface Tolerance {
  /** Entries further apart than this count. */
  readonly apart: number;
  /** Share of the entries that may be further apart. */
  readonly share: number;
  /** Tables that are compared so. Default: all. */
  readonly tables?: readonly string[];
  /** The largest difference in any table, as a share of the largest value. Default: not compared. */
  readonly worst?: number;
}

/**
 * Compares parameters after an epoch. Adam divides a gradient by its own size, so where one cancels to nothing but rounding, a step may
 * go either way: a few numbers may end up to one learning rate apart for each step, all others agree to float32.
 */
export const parametersAgree =
  ({ apart, share, tables, worst }: Tolerance) =>
  ({ loss: _, ...ours }: Tensors, peer: Tensors): Check[] => {
    const names = Object.keys(ours);
    return [
      ...(tables ?? names).map((name) => mostlyNear(name, ours[name]!, peer[name]!, apart, share)),
      ...(worst === undefined ? [] : names.map((name) => near(`worst of ${name}`, ours[name]!, peer[name]!, worst))),
    ];
  };
