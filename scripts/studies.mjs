// Runs the studies of docs/results and writes their tables beside them.
//   npm run studies -- [NAME...] [--runs FOLDER] [--threads N]      such as citeulike-methods; without a name: all
// What is finished is read back from runs/, so a study that was stopped goes on when the same command is given again.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'docs', 'results');
const known = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace(/\.yaml$/, ''));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, threads: { type: 'string' } },
});
const flags = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
const names = positionals.length > 0 ? positionals : known;
const stray = names.find((name) => !known.includes(name));
if (stray !== undefined) {
  console.error(`there is no study called "${stray}"; there are ${known.join(', ')}`);
  process.exit(2);
}
for (const name of names) {
  const path = join(folder, name);
  const words = [join(root, 'dist', 'cli', 'main.js'), 'study', `${path}.yaml`, '--out', path, ...flags];
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exit(status ?? 1);
}
