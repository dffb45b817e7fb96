// Writes docs/results/bd-cost.md and bd-cost.json: time and memory of bidirectional distillation against PyTorch, in turns (bench/README.md), of the command
// itself, and how they grow with users and items.
//   npm run bd-cost -- [--rounds N] DATA...
// DATA are folders below RECDISTILL_DATA.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJsonLines } from '../dist/formats/index.js';
import { datasetsFor, duration, machineOf, measure, megabytes, times } from './_rows.mjs';
import { inRuns, peakOf } from './_run.mjs';
import { mean, table, writePage } from './_tables.mjs';

const CASES = {
  adam: 'dim50-5-adam',
  lazy: 'dim50-5-lazy-adam',
  adamPart: 'dim50-5-adam-twentieth',
  lazyPart: 'dim50-5-lazy-adam-twentieth',
};
const EPOCHS = 10;
/** The same number of interactions for each user. */
const SIZES = ['5000x25000x100000', '10000x25000x200000', '5000x50000x100000'];

const { values, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
});
const folderOf = datasetsFor('npm run bd-cost', sets);

const recdistill = (words, runs) => peakOf([...words, '--batch-size', '128', '--quiet', '--runs', runs]);

/** Trains a pair for the command to begin with; one epoch does, as the work does not depend on what they know. */
async function pairOn(data, at, runs) {
  const sizes = { teacher: '50', student: '5' };
  for (const [role, dim] of Object.entries(sizes)) {
    const words = ['train', 'bpr-mf', '--data', data, '--dim', dim, '--epochs', '1', '--name', `${role}${at}`];
    await recdistill(words, runs);
  }
}

/** Seconds of an epoch, in the mean over a period with its look at the rankings, and the memory of the whole command. */
async function together(data, at, name, runs) {
  const pair = ['--method', 'bd', '--teachers', `teacher${at}`, '--start', `student${at}`, '--data', data];
  const length = ['--epochs', String(EPOCHS), '--evaluate-every', String(EPOCHS)];
  const peak = await recdistill(['distill', ...pair, ...length, '--name', name], runs);
  const events = readJsonLines(join(runs, name, 'teacher', 'events.jsonl'));
  const epochs = events.filter((e) => e.type === 'epoch');
  return { perEpoch: mean(epochs.map((e) => e.seconds)), peak };
}

/** Of each data set, all of them in turns. */
const commands = (sets, rounds) =>
  inRuns(async (runs) => {
    for (const [at, data] of sets.entries()) await pairOn(data, at, runs);
    const found = sets.map((data) => ({ data, taken: [] }));
    for (let round = 0; round < rounds; round++) {
      for (const [at, { data, taken }] of found.entries()) {
        taken.push(await together(data, at, `bd${at}-${round}`, runs));
      }
    }
    return found;
  });

const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function range(taken) {
  const ms = taken.map((t) => 1000 * t.perEpoch);
  return `${duration(middle(ms))} (${duration(Math.min(...ms))} to ${duration(Math.max(...ms))})`;
}

const peakOfAll = (taken) => megabytes(Math.max(...taken.map((t) => t.peak)));

const ratio = (peer, ours) => (peer.medianMs / ours.medianMs).toFixed(1);

/** `torch` uses Adam; lazy-adam is set against it, too, as it is what one would use without us. */
function section({ adam, lazy, adamPart, lazyPart, command }) {
  const plain = adam.peers.filter((p) => p.name === 'torch');
  const rows = [
    [adam, 'adam', adam.peers],
    [lazy, 'lazy-adam', [...plain, ...lazy.peers]],
    [adamPart, 'adam, a twentieth', adamPart.peers],
    [lazyPart, 'lazy-adam, a twentieth', [...adamPart.peers, ...lazyPart.peers]],
  ].flatMap(([{ ours }, what, peers]) => [
    [`ours, ${what}`, times(ours), '', megabytes(ours.peakMemoryBytes)],
    ...peers.map((p) => [`${p.name}, ${p.allocator} malloc`, times(p), ratio(p, ours), megabytes(p.peakMemoryBytes)]),
  ]);
  return `${table(['', 'an epoch', 'x ours above', 'peak MB'], rows)}

${adam.work}; a twentieth: ${adamPart.work}.

The whole command, \`recdistill bd\` with adam, ${EPOCHS} epochs: ${range(command)} an epoch with its share of the look at the rankings, at most ${peakOfAll(command)} MB.`;
}

const rounds = Number(values.rounds);
const kept = {};
for (const data of sets) {
  const found = {};
  for (const [what, name] of Object.entries(CASES)) {
    found[what] = measure('bd-epoch', name, folderOf(data), values.rounds);
    if (found[what] === undefined) process.exit(1);
  }
  kept[data] = { ...found, command: (await commands([folderOf(data)], rounds))[0].taken };
}
const grown = await commands(
  SIZES.map((size) => `synthetic:${size}`),
  rounds,
);
const [base] = grown.map(({ taken }) => middle(taken.map((t) => t.perEpoch)));
const page = `# Time and memory of bidirectional distillation

Made by \`npm run bd-cost -- ${sets.join(' ')}\`: an epoch of bpr-mf of dim 50 and of dim 5 in batches of 128, with a tenth of what is done every ten epochs. Both sides in turns on
the same inputs, after their results were compared ([how, and what the forms of PyTorch are](../../bench/README.md)). Median with the fastest and slowest of ${rounds} rounds;
Forms of PyTorch: \`torch-batch\` keeps user x item matrices and draws for each batch from its rows, as one writes it first; a whole epoch of that takes minutes, so a twentieth stands for it.
\`torch\` draws for all users at once, \`torch-period\` all that ten epochs need, with fused Adam; \`-sparse\` has sparse gradients and SparseAdam, the others Adam. Peak memory is that of the whole process, Node or Python included.
${machineOf(Object.values(kept)[0].adam)}.

${Object.entries(kept)
  .map(([data, found]) => `## ${data}\n${section(found)}`)
  .join('\n\n')}

## Twice as much
\`recdistill bd\` with adam on made-up data, in turns. Twice the users are twice the steps, and in each adam moves all parameters, of which there are more, too.

${table(
  ['users x items x interactions', 'an epoch', 'x the first', 'peak MB'],
  grown.map(({ data, taken }) => [
    data.replace('synthetic:', '').replaceAll('x', ' x '),
    range(taken),
    (middle(taken.map((t) => t.perEpoch)) / base).toFixed(2),
    peakOfAll(taken),
  ]),
)}
`;
writePage('bd-cost', page, { data: kept, grown });
