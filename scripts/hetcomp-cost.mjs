// Writes docs/results/hetcomp-cost.md and hetcomp-cost.json: time and memory of HetComp's parts against PyTorch, in turns (bench/README.md), what a
// training adds up to, and two runs of `recdistill distill`: one timed and watched, a shorter one profiled.
//   npm run hetcomp-cost -- [--rounds N] [--runs FOLDER] DATA...
// DATA are folders below RECDISTILL_DATA. Teachers of these runs are those of the studies on the same data: FOLDER/studies-NAME/seed0/MODEL.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasetsFor, duration, machineOf, measure, megabytes, ratiosOf, times } from './_rows.mjs';
import { inRuns, peakOf } from './_run.mjs';
import { table, writePage } from './_tables.mjs';

/** What is done, its row and case in bench/, the form of the peer that the goal is set against, and the goal. */
const PARTS = {
  overall: ['step, overall loss', 'hetcomp-step', 'overall', 'torch', '20, 10'],
  order: ['step, loss of order', 'hetcomp-step', 'rank', 'torch', '20, 10'],
  construction: ['construction of knowledge', 'hetcomp-update', 'dim6', 'torch-per-user', '50'],
  evaluation: ['evaluation', 'evaluate', 'dim6', 'torch-per-user', '50'],
};
const TEACHERS = ['bpr-mf', 'cml', 'neumf', 'lightgcn', 'mult-vae', 'item-autoencoder'];
const PERIOD = 10;
const EPOCHS = 300;
const PROFILED = 60;

const { values, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, runs: { type: 'string', default: 'runs' } },
});
const folderOf = datasetsFor('npm run hetcomp-cost', sets);

const usersOf = ({ work }) => Number(/^\d+/.exec(work)[0]);

/** Milliseconds of a training from those of its parts: every user in every epoch, half of them by each loss; the rest once in a period. */
function total(parts, msOf) {
  const [overall, order, construction, evaluation] = Object.keys(PARTS).map((part) =>
    msOf(parts[part], PARTS[part][3]),
  );
  const steps = (PERIOD * usersOf(parts.construction)) / usersOf(parts.overall);
  return (EPOCHS / PERIOD) * ((steps * (overall + order)) / 2 + construction + evaluation);
}

/** Paths of the teachers of the studies; undefined, with a word, without them. */
function teachersOf(data) {
  const folder = join(values.runs, `studies-${data.split('-')[0]}`, 'seed0');
  const teachers = TEACHERS.map((name) => join(folder, name));
  if (teachers.every(existsSync)) return teachers;
  process.stderr.write(
    `no teachers in ${folder}: the page has no whole run and no profile (npm run studies trains them)\n`,
  );
  return undefined;
}

/** Words for a student of so many epochs. */
const distill = (teachers, epochs, runs) => [
  ...['distill', '--teachers', teachers.join(), '--dim', '6', '--epochs', String(epochs)],
  ...['--patience', '1000', '--quiet', '--runs', runs],
];

const wholeRun = (teachers) =>
  inRuns(async (runs) => {
    const peakMemoryBytes = await peakOf(distill(teachers, EPOCHS, runs));
    const { seconds } = JSON.parse(readFileSync(join(runs, 'bpr-mf-hetcomp', 'result.json'), 'utf8'));
    return { seconds, peakMemoryBytes };
  });

/** Shares of the time on the processor, by function, largest first; what waits is left out. */
const profile = (teachers) =>
  inRuns(async (runs) => {
    const folder = join(runs, 'profile');
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    await peakOf([...distill(teachers, PROFILED, runs), '--threads', '1'], flags);
    return { shares: sharesOf(folder) };
  });

function sharesOf(folder) {
  const [file] = readdirSync(folder);
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const times = new Map();
  samples.forEach((id, at) => {
    const name = names.get(id) || '(without a name)';
    if (name !== '(idle)') times.set(name, (times.get(name) ?? 0) + timeDeltas[at]);
  });
  const all = [...times.values()].reduce((a, b) => a + b, 0);
  return [...times]
    .map(([name, time]) => ({ name: name.replace(/^src\/kernels\//, '').replace('.as/', '/'), share: time / all }))
    .filter(({ share }) => share >= 0.01)
    .sort((a, b) => b.share - a.share);
}

function section(data, { whole, profiled, ...parts }) {
  const titles = ['part', 'ours', 'peak MB', 'x plain form', 'x fastest form', 'goal', 'peak MB of PyTorch'];
  const rows = Object.entries(PARTS).map(([part, [what, , , form, goal]]) => {
    const { ours, peers, ratioStock, ratioTuned } = parts[part];
    const fastest = `${ratioStock.toFixed(1)}, ${ratioTuned.toFixed(1)}`;
    const most = Math.max(...peers.map((p) => p.peakMemoryBytes ?? 0));
    const memory = [megabytes(ours.peakMemoryBytes), megabytes(most)];
    return [what, times(ours), memory[0], ratiosOf(peers, form), fastest, goal, memory[1]];
  });
  const works = Object.entries(PARTS).map(([part, [what]]) => `- ${what}: ${parts[part].work}`);
  const own = total(parts, ({ ours }) => ours.medianMs);
  const theirs = ['stock', 'tuned'].flatMap((allocator) => {
    const of = ({ peers }) => peers.filter((p) => p.allocator === allocator);
    const plain = total(parts, (part, form) => of(part).find((p) => p.name === form).medianMs);
    const fastest = total(parts, (part) => Math.min(...of(part).map((p) => p.medianMs)));
    return [
      [`PyTorch, plain forms, ${allocator} malloc`, duration(plain), (plain / own).toFixed(1)],
      [`PyTorch, fastest forms, ${allocator} malloc`, duration(fastest), (fastest / own).toFixed(1)],
    ];
  });
  const sums = table(
    [`${EPOCHS} epochs, summed up from the parts`, 'time', 'x'],
    [['ours', duration(own), ''], ...theirs],
  );
  const run =
    whole &&
    `A whole run of \`recdistill distill\`, ${EPOCHS} epochs, with reading the teachers and the final test: ${duration(1000 * whole.seconds)}, at most ${megabytes(whole.peakMemoryBytes)} MB.`;
  const shares =
    profiled &&
    `Where ${PROFILED} epochs on one thread spend their time (\`node --cpu-prof\`; names are files and functions of the AssemblyScript sources, or of src/):\n\n${table(
      ['function', 'share'],
      profiled.shares.map(({ name, share }) => [name, `${(100 * share).toFixed(0)} %`]),
    )}`;
  return [`## ${data}`, table(titles, rows), works.join('\n'), sums, run, shares].filter(Boolean).join('\n\n');
}

const kept = {};
for (const data of sets) {
  const found = {};
  for (const [part, [, row, name]] of Object.entries(PARTS)) {
    found[part] = measure(row, name, folderOf(data), values.rounds);
    if (found[part] === undefined) process.exit(1);
  }
  const teachers = teachersOf(data);
  kept[data] = { ...found, ...(teachers && { whole: await wholeRun(teachers), profiled: await profile(teachers) }) };
  const head = `# Time and memory of HetComp against PyTorch

Made by \`npm run hetcomp-cost -- ${sets.join(' ')}\`: the parts of a training of a student of dim 6, both sides in turns on the same inputs, after their
results were compared ([how](../../bench/README.md#how-it-is-measured)). Median with the fastest and slowest round; PyTorch's time over ours with the allocator
as it comes and tuned. The plain form is a step in tensor operations with \`torch.optim.Adam\`, and a loop over users for construction and evaluation;
the fastest is the best we could write of each. Peak memory is that of the whole process, Node or Python included. ${machineOf(found.overall)}.`;
  const sections = Object.entries(kept).map(([name, parts]) => section(name, parts));
  writePage('hetcomp-cost', `${[head, ...sections].join('\n\n')}\n`, kept);
}
