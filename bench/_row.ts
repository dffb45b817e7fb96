/**
 * The contract of a benchmark row. A row prepares one piece of work for both sides: our kernels, and peers that get the same
 * inputs as files. The harness (pair.ts) owns everything else: processes, correctness first, warm-up, turns, quiet, statistics.
 */
import type { Check } from './compare.js';
import type { BenchData } from './data.js';
import type { Tensors } from './tensors.js';

export interface PreparedCase {
  /** What is done in one run, in one sentence, with the sizes. */
  readonly work: string;
  /** Given to every peer. */
  readonly inputs: Tensors;
  readonly ours: OurSide;
  readonly peers: readonly PeerForm[];
  /** Compares what both sides hold after exactly one run (or `first`); every check must pass before any time counts. */
  compare(ours: Tensors, peer: Tensors): readonly Check[];
}

export interface OurSide {
  /** The timed work. Work that trains goes on from the state that the run before left, on both sides. */
  run(): void | Promise<void>;
  /**
   * Done once in place of the first run, before results are compared: where a run is so many steps that what float32 rounds differently has grown.
   * A peer has one too then.
   */
  first?(): void | Promise<void>;
  /** What is compared; not timed. */
  result(): Tensors;
  /** Stops threads and gives memory back. */
  close(): void;
}

/** One way to write the work in PyTorch: a script in bench/peers and what it is told. */
export interface PeerForm {
  /** For example `torch` or `torch-lean`. */
  readonly name: string;
  /** File in bench/peers. */
  readonly script: string;
  /** How this form does it, for the report. */
  readonly about: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface PrepareOptions {
  readonly data: BenchData;
  readonly threads: number;
}

export interface BenchRow<Case extends string = string> {
  readonly title: string;
  /** Goal from the design page, in words, where it sets one. */
  readonly goal?: string;
  /** The first case gives the row's `ratioStock` and `ratioTuned`. */
  readonly cases: readonly Case[];
  prepare(name: Case, options: PrepareOptions): PreparedCase | Promise<PreparedCase>;
}
