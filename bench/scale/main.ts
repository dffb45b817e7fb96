/**
 * `node build/bench/scale/main.js`: how time and memory grow with the data. Each case is a process of its own. Finished cases are kept in
 * `--out` and not measured again, so that an interrupted measurement goes on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SIZES } from './made.js';
import { works } from './work.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'scale-cases' },
    work: { type: 'string', multiple: true },
    size: { type: 'string', multiple: true },
    threads: { type: 'string', default: String(availableParallelism()) },
    budget: { type: 'string', default: '40' },
    timeout: { type: 'string', default: '900' },
    again: { type: 'boolean', default: false },
  },
});

const script = fileURLToPath(new URL('./case.js', import.meta.url));
mkdirSync(values.out, { recursive: true });
const documents: unknown[] = [];
for (const size of values.size ?? Object.keys(SIZES)) {
  for (const work of values.work ?? Object.keys(works)) {
    const path = join(values.out, `${work}-${size}.json`);
    if (!existsSync(path) || values.again) {
      process.stderr.write(`${work} ${size} ...\n`);
      const child = spawnSync(process.execPath, [script, work, size, values.threads, values.budget], {
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: Number(values.timeout) * 1000,
      });
      const text = child.stdout.toString();
      const why = child.error ? child.error.message : `exit code ${child.status ?? child.signal}`;
      writeFileSync(path, text.trim() === '' ? JSON.stringify({ work, size, failed: why }) : text);
    }
    const found = readFileSync(path, 'utf8').trim();
    process.stderr.write(`${found}\n`);
    documents.push(JSON.parse(found));
  }
}
process.stdout.write(
  `${JSON.stringify({ threads: Number(values.threads), node: process.versions.node, cases: documents }, null, 2)}\n`,
);
