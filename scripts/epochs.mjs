// Writes docs/results/epochs.md and epochs.json: one epoch of each trained model against PyTorch, in turns (bench/README.md).
//   npm run epochs -- [--rows ROW,...] [--rounds N] DATA...
// DATA are folders below RECDISTILL_DATA. Each row is kept as soon as it is measured; naming it again measures it anew.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROWS = {
  'bpr-epoch': ['bpr-mf', 3],
  'cml-epoch': ['cml', 3],
  'neumf-epoch': ['neumf', 3],
  'lightgcn-epoch': ['lightgcn', 1],
  'mult-vae-epoch': ['mult-vae', 1],
  'item-autoencoder-epoch': ['item-autoencoder', 1],
  'cdae-epoch': ['cdae', 1],
};
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string' }, rounds: { type: 'string', default: '3' } },
});
const chosen = values.rows?.split(',') ?? Object.keys(ROWS);
const stray = chosen.find((row) => !(row in ROWS));
const datasets = process.env.RECDISTILL_DATA;
if (sets.length === 0 || stray !== undefined || datasets === undefined) {
  const problem =
    stray !== undefined
      ? `there is no row ${stray}; the rows are ${Object.keys(ROWS).join(', ')}`
      : datasets === undefined
        ? 'RECDISTILL_DATA must name the folder with the data sets'
        : 'which data set? For example: npm run epochs -- citeulike-hetcomp-split';
  console.error(problem);
  process.exit(2);
}

const folder = join(root, 'docs', 'results');
const file = join(folder, 'epochs.json');
const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};

const ms = (value) => (value >= 1000 ? `${(value / 1000).toPrecision(3)} s` : `${value.toPrecision(3)} ms`);
const range = (side) => `${ms(side.medianMs)} (${ms(side.minMs)} to ${ms(side.maxMs)})`;
const megabytes = (side) => (side.peakMemoryBytes === undefined ? '' : (side.peakMemoryBytes / 1e6).toFixed(0));

function line([row, found]) {
  const [model, goal] = ROWS[row];
  const { ours, peers, ratioStock, ratioTuned } = found;
  const plain = peers.filter((p) => p.name === 'torch');
  const ratio = (allocator) => plain.find((p) => p.allocator === allocator)?.ratio.toFixed(1) ?? '-';
  const cells = [model, range(ours), megabytes(ours), `${ratio('stock')}, ${ratio('tuned')}`];
  const most = Math.max(...peers.map((p) => p.peakMemoryBytes ?? 0));
  return [...cells, `${ratioStock.toFixed(1)}, ${ratioTuned.toFixed(1)}`, String(goal), (most / 1e6).toFixed(0)];
}

/** What the page needs of a row's report. */
function shown({ machine, notes, cases: [{ work, ours, peers, ratioStock, ratioTuned }] }) {
  return { machine, notes, work, ours, peers, ratioStock, ratioTuned };
}

function page() {
  const titles = ['model', 'ours', 'peak MB', 'x as it comes', 'x fastest form', 'goal', 'peak MB of PyTorch'];
  const sections = Object.entries(kept).flatMap(([data, rows]) => {
    const inOrder = Object.keys(ROWS).filter((row) => row in rows);
    const works = inOrder.map((row) => {
      const { work, notes } = rows[row];
      return `- ${ROWS[row][0]}: ${work}${notes.length > 0 ? ` (${notes.join(' ')})` : ''}`;
    });
    const table = [titles, titles.map(() => '---'), ...inOrder.map((row) => line([row, rows[row]]))];
    return [`## ${data}`, table.map((cells) => `| ${cells.join(' | ')} |`).join('\n'), works.join('\n')];
  });
  const { cpu, cores, threads, node } = Object.values(Object.values(kept)[0])[0].machine;
  const head = `# One epoch of each model against PyTorch

Made by \`npm run epochs -- ${Object.keys(kept).join(' ')}\`: both sides in turns on the same inputs, after their results were compared
([how](../../bench/README.md#how-it-is-measured)). Median of an epoch with the fastest and slowest round; PyTorch's time over ours with the allocator as it
comes and tuned; "as it comes" is the plain form with \`torch.optim.Adam\`, "fastest form" the best we could write, with \`Adam(fused=True)\`. Peak
memory is that of the whole process, Node or Python included. ${[cpu, `${cores} cores`, `${threads} threads`, node].join(', ')}.`;
  return `${[head, ...sections].join('\n\n')}\n`;
}

const listed = spawnSync(process.execPath, ['build/bench/main.js', '--json'], { cwd: root, encoding: 'utf8' });
const known = JSON.parse(listed.stdout).rows;
for (const data of sets) {
  for (const row of chosen) {
    process.stderr.write(`${data}: ${row}\n`);
    const args = ['build/bench/main.js', row, '--json', '--rounds', values.rounds, '--data', join(datasets, data)];
    const first = known.find((r) => r.row === row).cases[0];
    const done = spawnSync(process.execPath, [...args, '--case', first], {
      ...{ cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (done.status !== 0) {
      process.stderr.write(`${row} ended with code ${done.status}; nothing of it is kept\n`);
      process.exitCode = 1;
      continue;
    }
    kept[data] = { ...kept[data], [row]: shown(JSON.parse(done.stdout)) };
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`);
    writeFileSync(join(folder, 'epochs.md'), page());
  }
}
