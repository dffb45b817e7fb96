/** Time and memory of bidirectional distillation against PyTorch, of the command itself, and how they grow with users and items. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from 'recdistill/experiment';
import type { CellValue } from 'recdistill/report';
import { formatMicroseconds } from 'recdistill/report';
import { type Context, definePage } from '../../_page.js';
import { inTemporary } from '../../files.js';
import { table } from '../../tables.js';
import { dataFolder, type Measured, machineOf, measure, memory, SIDE_BY_SIDE, times } from './bench.js';
import { peakOf } from './command.js';

const CASES = {
  adam: 'dim50-5-adam',
  lazy: 'dim50-5-lazy-adam',
  adamPart: 'dim50-5-adam-twentieth',
  lazyPart: 'dim50-5-lazy-adam-twentieth',
} as const;
type Case = keyof typeof CASES;
const SET = 'citeulike-bd';
const EPOCHS = 10;
/** The same number of interactions for each user. */
const SIZES = ['5000x25000x100000', '10000x25000x200000', '5000x50000x100000'];

/** Seconds of an epoch, mean over a period with its share of the evaluation, and the memory of the whole command. */
interface Taken {
  readonly perEpoch: number;
  readonly peak?: number;
}

interface CostOfSet extends Readonly<Record<Case, Measured>> {
  readonly command: readonly Taken[];
}

interface BdCost {
  readonly data: Readonly<Record<string, CostOfSet>>;
  readonly grown: readonly { readonly data: string; readonly taken: readonly Taken[] }[];
}

const recdistill = (words: readonly string[], runs: string) =>
  peakOf([...words, '--batch-size', '128', '--quiet', '--runs', runs]);

/** Trains a teacher and a student to begin with. One epoch does: the work does not depend on what they have learned. */
async function trainPair(data: string, at: number, runs: string): Promise<void> {
  for (const [role, dim] of Object.entries({ teacher: '50', student: '5' })) {
    const words = ['train', 'bpr-mf', '--data', data, '--dim', dim, '--epochs', '1', '--name', `${role}${at}`];
    await recdistill(words, runs);
  }
}

async function together(data: string, at: number, name: string, runs: string): Promise<Taken> {
  const pair = ['--method', 'bd', '--teachers', `teacher${at}`, '--start', `student${at}`, '--data', data];
  const length = ['--epochs', String(EPOCHS), '--evaluate-every', String(EPOCHS)];
  const peak = await recdistill(['distill', ...pair, ...length, '--name', name], runs);
  const lines = readFileSync(join(runs, name, 'teacher', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const events: { type: string; seconds: number }[] = lines.map((line) => JSON.parse(line));
  const perEpoch = mean(events.filter((e) => e.type === 'epoch').map((e) => e.seconds));
  return { perEpoch, ...(peak === undefined ? {} : { peak }) };
}

/** The command on each data set, all of them in turns. */
const commands = (sets: readonly string[], { rounds, say }: Context) =>
  inTemporary(async (runs) => {
    for (const [at, data] of sets.entries()) await trainPair(data, at, runs);
    const found = sets.map((data) => ({ data, taken: [] as Taken[] }));
    for (let round = 0; round < rounds; round++) {
      say(`distill --method bd, round ${round + 1} of ${rounds}`);
      for (const [at, { data, taken }] of found.entries()) {
        taken.push(await together(data, at, `bd${at}-${round}`, runs));
      }
    }
    return found;
  });

const medianOf = (taken: readonly Taken[]): number =>
  taken.map((t) => t.perEpoch).toSorted((a, b) => a - b)[Math.floor(taken.length / 2)]!;

/** Microseconds of the median, the fastest and the slowest round. */
const rangeOf = (taken: readonly Taken[]): number[] => {
  const all = taken.map((t) => t.perEpoch);
  return [medianOf(taken), Math.min(...all), Math.max(...all)].map((seconds) => 1e6 * seconds);
};

const peakOfAll = (taken: readonly Taken[]): number => Math.max(...taken.map((t) => t.peak ?? 0));

/** `torch` uses Adam. Lazy-adam is compared with it, too, as it is what one would use without us. */
function section([data, { adam, lazy, adamPart, lazyPart, command }]: readonly [string, CostOfSet]): string[] {
  const plain = adam.peers.filter((p) => p.name === 'torch');
  const blocks = [
    [adam, 'adam', adam.peers],
    [lazy, 'lazy-adam', [...plain, ...lazy.peers]],
    [adamPart, 'adam, a twentieth', adamPart.peers],
    [lazyPart, 'lazy-adam, a twentieth', [...adamPart.peers, ...lazyPart.peers]],
  ] as const;
  const rows = blocks.flatMap(([{ ours }, what, peers]): (CellValue | undefined)[][] => [
    [`ours, ${what}`, times(ours), undefined, ours.peakMemoryBytes],
    ...peers.map((p) => [
      ...[`${p.name}, ${p.allocator} malloc`, times(p), p.medianMs / ours.medianMs, p.peakMemoryBytes],
    ]),
  ]);
  const [median, least, most] = rangeOf(command).map(formatMicroseconds);
  return [
    `## ${data}`,
    table(
      {
        ...{ form: 'text', 'an epoch: median / fastest / slowest': 'microseconds' },
        ...{ 'x ours above': 'ratio', 'peak memory': 'bytes' },
      },
      rows,
    ),
    `${adam.work}; a twentieth: ${adamPart.work}.`,
    `The whole command, \`recdistill distill --method bd\` with adam, ${EPOCHS} epochs: ${median} (${least} to ${most}) an epoch with its share of the evaluation, at most ${memory(peakOfAll(command))}.`,
  ];
}

function growth(grown: BdCost['grown']): string {
  const base = medianOf(grown[0]!.taken);
  return table(
    {
      ...{ 'users x items x interactions': 'text', 'an epoch: median / fastest / slowest': 'microseconds' },
      ...{ 'x the first': 'ratio', 'peak memory': 'bytes' },
    },
    grown.map(({ data, taken }) => [
      data.replace('synthetic:', '').replaceAll('x', ' x '),
      ...[rangeOf(taken), medianOf(taken) / base, peakOfAll(taken)],
    ]),
  );
}

export const bdCost = definePage<BdCost, BdCost>({
  name: 'bd-cost',
  title: 'Time and memory of bidirectional distillation against PyTorch, and how they grow',
  needs: `${SET}; npm run bench -- setup`,
  folder: join('runs', 'bd-cost'),
  parts: ['all'],
  async run(_, context) {
    const of = (what: Case) => measure(SET, ['bd-epoch', CASES[what]], context);
    const found = {
      ...{ adam: await of('adam'), lazy: await of('lazy') },
      ...{ adamPart: await of('adamPart'), lazyPart: await of('lazyPart') },
    };
    const [whole] = await commands([dataFolder(SET)], context);
    const synthetic = SIZES.map((size) => `synthetic:${size}`);
    return { data: { [SET]: { ...found, command: whole!.taken } }, grown: await commands(synthetic, context) };
  },
  gather: ([cost]) => cost!,
  render: ({ data, grown }) => ({
    title: 'Time and memory of bidirectional distillation',
    about: `An epoch of bpr-mf of dim 50 and of dim 5 in batches of 128, with a tenth of what is done every ten epochs.
${SIDE_BY_SIDE} Median, fastest and slowest of ${grown[0]!.taken.length} rounds.
Forms of PyTorch: \`torch-batch\` keeps user x item matrices and draws for each batch from its rows, as one writes it first. A whole epoch of that takes minutes: a twentieth stands for it.
\`torch\` draws for all users at once, \`torch-period\` all that ten epochs need, with fused Adam. \`-sparse\` has sparse gradients and SparseAdam, the others Adam.
${machineOf(Object.values(data)[0]!.adam)}`,
    sections: [
      ...Object.entries(data).flatMap(section),
      `## Twice as much
\`recdistill distill --method bd\` with adam on synthetic data, in turns. Twice the users are twice the steps, and adam updates all parameters in each, of which there are more, too.`,
      growth(grown),
    ],
  }),
});
