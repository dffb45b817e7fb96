// Runs every compiled test with node:test and ends with the one line that machines read: "N passed, N failed".
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

// Two files are tested at a time, each with the processes that it starts: one thread for each is fastest. Tests of threads give their number.
process.env.RECDISTILL_THREADS ??= '1';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const wanted = process.argv.slice(2);
const files = ['dist', 'build/test', 'build/bench', 'build/experiments', 'build/campaigns']
  .flatMap((dir) => readdirSync(dir, { recursive: true }).map((f) => join(root, dir, String(f))))
  .filter((f) => f.endsWith('.test.js') && (wanted.length === 0 || wanted.some((w) => f.includes(w))))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(2);
}

/** Files that are named at the end, because they took longest. */
const SLOWEST = 15;

let passed = 0;
let failed = 0;
let skipped = 0;
const seconds = new Map();
// A file and a suite are reported like tests; only leaf tests count.
const leaf = (data) => data.details?.type !== 'suite' && !files.includes(data.name);
const stream = run({ files, concurrency: 2, timeout: 600_000 });
const time = ({ file, nesting, details }) => {
  if (nesting === 0) seconds.set(file, (seconds.get(file) ?? 0) + details.duration_ms / 1000);
};
stream.on('test:pass', (data) => {
  time(data);
  if (!leaf(data)) return;
  if (data.skip !== undefined) skipped += 1;
  else passed += 1;
});
stream.on('test:fail', (data) => {
  time(data);
  if (leaf(data) || data.details?.error?.failureType !== 'subtestsFailed') failed += 1;
  process.exitCode = 1;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  setImmediate(() => {
    const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
    const lines = slowest.map(([file, took]) => `${took.toFixed(1).padStart(6)} s ${relative(root, file)}\n`);
    process.stdout.write(`\nslowest files:\n${lines.join('')}`);
    process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  });
});
