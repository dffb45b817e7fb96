// Writes docs/results/epochs.md and epochs.json: one epoch of each trained model against PyTorch, in turns (bench/README.md).
//   npm run epochs -- [--rows ROW,...] [--rounds N] DATA...
// DATA are folders below RECDISTILL_DATA. Each row is kept as soon as it is measured; naming it again measures it anew.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { casesOf, datasetsFor, machineOf, measure, megabytes, ratiosOf, times } from './_rows.mjs';
import { table, writePage } from './_tables.mjs';

const ROWS = {
  'bpr-epoch': ['bpr-mf', 3],
  'cml-epoch': ['cml', 3],
  'neumf-epoch': ['neumf', 3],
  'lightgcn-epoch': ['lightgcn', 1],
  'mult-vae-epoch': ['mult-vae', 1],
  'item-autoencoder-epoch': ['item-autoencoder', 1],
  'cdae-epoch': ['cdae', 1],
};
const { values, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string' }, rounds: { type: 'string', default: '3' } },
});
const chosen = values.rows?.split(',') ?? Object.keys(ROWS);
const stray = chosen.find((row) => !(row in ROWS));
if (stray !== undefined) {
  console.error(`there is no row ${stray}; the rows are ${Object.keys(ROWS).join(', ')}`);
  process.exit(2);
}
const folderOf = datasetsFor('npm run epochs', sets);
const file = new URL('../docs/results/epochs.json', import.meta.url);
const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};

function line([row, { ours, peers, ratioStock, ratioTuned }]) {
  const [model, goal] = ROWS[row];
  const most = Math.max(...peers.map((p) => p.peakMemoryBytes ?? 0));
  const fastest = `${ratioStock.toFixed(1)}, ${ratioTuned.toFixed(1)}`;
  const memory = megabytes(ours.peakMemoryBytes);
  return [model, times(ours), memory, ratiosOf(peers, 'torch'), fastest, String(goal), megabytes(most)];
}

function page() {
  const titles = ['model', 'ours', 'peak MB', 'x as it comes', 'x fastest form', 'goal', 'peak MB of PyTorch'];
  const sections = Object.entries(kept).flatMap(([data, rows]) => {
    const inOrder = Object.keys(ROWS).filter((row) => row in rows);
    const works = inOrder.map((row) => {
      const { work, notes } = rows[row];
      return `- ${ROWS[row][0]}: ${work}${notes.length > 0 ? ` (${notes.join(' ')})` : ''}`;
    });
    const lines = inOrder.map((row) => line([row, rows[row]]));
    return [`## ${data}`, table(titles, lines), works.join('\n')];
  });
  const machine = machineOf(Object.values(Object.values(kept)[0])[0]);
  const head = `# One epoch of each model against PyTorch

Made by \`npm run epochs -- ${Object.keys(kept).join(' ')}\`: both sides in turns on the same inputs, after their results were compared
([how](../../bench/README.md#how-it-is-measured)). Median of an epoch with the fastest and slowest round; PyTorch's time over ours with the allocator as it
comes and tuned; "as it comes" is the plain form with \`torch.optim.Adam\`, "fastest form" the best we could write, with \`Adam(fused=True)\`. Peak
memory is that of the whole process, Node or Python included. ${machine}.`;
  return `${[head, ...sections].join('\n\n')}\n`;
}

const cases = casesOf();
for (const data of sets) {
  for (const row of chosen) {
    const found = measure(row, cases[row][0], folderOf(data), values.rounds);
    if (found === undefined) continue;
    kept[data] = { ...kept[data], [row]: found };
    writePage('epochs', page(), kept);
  }
}
