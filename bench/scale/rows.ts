/**
 * `node build/bench/scale/rows.js`: what a row of 256 bytes costs at a random place of a table, by the size of the table, in random and in ascending
 * order. This is why a batch of the same size takes longer with more users and items (docs/scale.md). Prints a table in Markdown.
 */
import { createKernels, type Kernels } from 'recdistill';
import { xorshift } from './made.js';

const DIM = 64;
/** Sizes of a table in bytes. An update has four of them: values, gradient and two moments. */
const SIZES = [1e6, 10e6, 50e6, 100e6, 300e6];
/** Rows of a call, as a batch of 8,192 interactions has of users. */
const ROWS = 8192;
/** Different lists of rows, so that a call does not find the rows of the one before in the cache. */
const LISTS = 40;
const SECONDS = 0.5;

/** Nanoseconds of processor time a row. */
function time(lists: readonly Int32Array[], work: (rows: Int32Array) => void): number {
  for (const rows of lists) work(rows);
  let [began, done] = [process.cpuUsage(), 0];
  const used = () => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
  began = process.cpuUsage();
  for (; used() < SECONDS; done++) work(lists[done % lists.length]!);
  const rows = lists.reduce((sum, list) => sum + list.length, 0) / lists.length;
  return (used() * 1e9) / (done * rows);
}

function measure(k: Kernels, bytes: number): readonly number[] {
  const n = Math.floor(bytes / (4 * DIM));
  const [values, gradient, first, second] = [0, 1, 2, 3].map(() => k.floats(n * DIM).fill(0.01)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const out = k.floats(ROWS * DIM);
  const random = xorshift(1);
  const lists = Array.from({ length: LISTS }, () => {
    const rows = new Set<number>();
    while (rows.size < Math.min(ROWS, n / 2)) rows.add(Math.floor(n * random()));
    const list = k.ints(rows.size);
    list.set([...rows]);
    return list;
  });
  const adam = { learningRate: 1e-3, l2: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1 };
  const both = () => [
    time(lists, (rows) => k.gather(values, rows, DIM, out, rows.length)),
    time(lists, (rows) => {
      // A row with a zero gradient is not updated.
      for (const row of rows) gradient[row * DIM] = 1;
      k.lazyAdam(values, gradient, first, second, DIM, adam, rows);
    }),
  ];
  const inRandomOrder = both();
  for (const list of lists) list.sort();
  const ascending = both();
  k.free(values, gradient, first, second, out, ...lists);
  return [inRandomOrder[0]!, ascending[0]!, inRandomOrder[1]!, ascending[1]!];
}

const kernels = createKernels({ threads: 1 });
const line = (cells: readonly (string | number)[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
line(['table', 'read, random order, ns', 'read, ascending, ns', 'updated, random order, ns', 'updated, ascending, ns']);
line(['---', '---', '---', '---', '---']);
for (const bytes of SIZES) line([`${bytes / 1e6} MB`, ...measure(kernels, bytes).map((ns) => Math.round(ns))]);
kernels.close();
