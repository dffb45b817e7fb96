/** Numbers and tables as the pages of docs/results have them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Standard deviation with n - 1; NaN for a single value. */
export const deviation = (values) =>
  Math.sqrt(values.reduce((s, v) => s + (v - mean(values)) ** 2, 0) / (values.length - 1));

/** .1234 */
export const short = (value) => value.toFixed(4).replace(/^(-?)0\./, '$1.');

/** Mean ± deviation; a single value stands alone. */
export const spread = (values) =>
  values.length === 1 ? short(values[0]) : `${short(mean(values))} ± ${short(deviation(values))}`;

export const shortP = (p) => (p < 1e-4 ? '< .0001' : short(p));

/** Markdown; cells of equal number in all rows. */
export const table = (titles, rows) =>
  [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Writes docs/results/NAME.md and NAME.json, and says so. */
export function writePage(name, page, data) {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.md`), page);
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(data, null, 1)}\n`);
  process.stderr.write(`written: docs/results/${name}.md and ${name}.json\n`);
}
