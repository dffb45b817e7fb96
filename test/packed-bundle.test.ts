/** Programs that use the packed package: as in the README, and put into one file by a bundler. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { pack, root } from './packed-folder.js';

const { folder, node, remove } = pack();
after(remove);

const clicks = Array.from({ length: 120 * 60 }, (_, k) => [k % 120, Math.floor(k / 120)] as const)
  .filter(([user, item]) => (user * 7919 + item * 104729 + user * item * 31) % 997 < 180 - 2 * item)
  .map(([user, item]) => `c${user},p${item}`);
writeFileSync(join(folder, 'clicks.csv'), ['customer,product', ...clicks].join('\n'));

test('the example of the README runs, prints a table and exits', () => {
  cpSync(join(root, 'examples', 'ten-lines.mjs'), join(folder, 'ten-lines.mjs'));
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const example = readFileSync(join(root, 'examples', 'ten-lines.mjs'), 'utf8');
  assert.ok(readme.includes(example.split('\n').slice(1).join('\n').trim()), 'README.md shows the example');
  const said = node('ten-lines.mjs');
  assert.match(said, /^0\.\d+ Test part/);
  assert.match(said, /\| bpr-mf-hetcomp \| .*\n\| lightgcn \| .*\n\| ials \| /);
  assert.ok(existsSync(join(folder, 'student', 'manifest.json')));
});

/** Trains with threads, from data that is made up and from a file, and answers. */
const program = `
import { configure, distill, loadData, train } from 'recdistill';
async function main() {
  configure({ threads: Number(process.argv[2]) });
  const data = await loadData(process.argv[3]);
  const teachers = [await train('bpr-mf', { data, epochs: 5, batchSize: 512, dim: 64 }), await train('ease', { data })];
  const student = await distill('hetcomp', { teachers, student: 'bpr-mf', dim: 8, epochs: 5 });
  console.log(JSON.stringify([student.metrics, student.recommend(data.users.ids[0], { k: 5 })]));
}
void main();
`;

const cases = [
  { format: 'esm', threads: '3', source: 'synthetic:300x400x6000' },
  { format: 'cjs', threads: '2', source: join(folder, 'clicks.csv') },
] as const;

for (const { format, threads, source } of cases) {
  test(`a bundled program finds threads, kernels and files (${format})`, async () => {
    writeFileSync(join(folder, 'program.mjs'), program);
    const alone = mkdtempSync(join(tmpdir(), 'recdistill-bundled-'));
    try {
      const outfile = join(alone, format === 'esm' ? 'program.mjs' : 'program.cjs');
      const { warnings, metafile } = await build({
        ...{
          entryPoints: [join(folder, 'program.mjs')],
          bundle: true,
          platform: 'node',
          target: 'node20',
          format,
          outfile,
        },
        ...{ external: ['@duckdb/*'], metafile: true, logLevel: 'silent', preserveSymlinks: true },
      });
      assert.deepEqual(
        warnings.map((w) => w.text),
        [],
      );
      const inputs = Object.keys(metafile.inputs);
      assert.deepEqual(
        inputs.filter((f) => /node_modules\/(fastify|commander|@observablehq|yaml)\//.test(f)),
        [],
      );
      // DuckDB is native: it stays a package beside the program.
      mkdirSync(join(alone, 'node_modules'));
      symlinkSync(join(root, 'node_modules', '@duckdb'), join(alone, 'node_modules', '@duckdb'));
      const said = execFileSync(process.execPath, [outfile, threads, source], {
        ...{ cwd: alone, encoding: 'utf8', timeout: 120_000 },
      });
      assert.equal(said, node('program.mjs', '1', source));
    } finally {
      rmSync(alone, { recursive: true, force: true });
    }
  });
}
