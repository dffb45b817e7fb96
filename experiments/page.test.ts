import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKernels } from 'recdistill';
import { type Context, definePage, kept } from './_page.js';

const page = definePage<number, { readonly values: readonly number[]; readonly none: number }>({
  ...{ name: 'sums', title: 'Sums', needs: 'nothing', folder: 'runs', parts: ['1', '2'] },
  run: async (part) => 10 * Number(part),
  gather: (values) => ({ values, none: Number.NaN }),
  render: ({ values, none }) => ({ title: 'Sums', sections: [`${values.join(' + ')}; ${none}`] }),
});

test('a page is gathered from all of its parts only', async () => {
  const kernels = createKernels({ threads: 1, memoryLimit: 2 ** 26 });
  const context: Context = { kernels, runs: 'runs', rounds: 1, say: () => {} };
  assert.equal(await page.make(['2'], context), undefined);
  const numbers = await page.make(page.parts, context);
  kernels.close();
  assert.deepEqual(numbers, { values: [10, 20], none: Number.NaN });
  assert.equal(
    page.toMarkdown(JSON.stringify(numbers)),
    '# Sums\n\nMade by `npm run experiments -- sums` from the numbers in `experiments/sums.json`.\n\n10 + 20; NaN\n',
  );
  assert.equal(page.seconds('{}'), undefined);
});

test('cached files are made once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-kept-'));
  const file = join(folder, 'a', 'b.json');
  let made = 0;
  const make = async () => ({ made: ++made, none: Number.NaN });
  assert.deepEqual(await kept(file, make), { made: 1, none: Number.NaN });
  assert.deepEqual(await kept(file, make), { made: 1, none: Number.NaN });
  rmSync(folder, { recursive: true });
});
