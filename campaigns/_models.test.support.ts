/** Trains every model in a child process and compares the estimate with the measured peak. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadDataset } from 'recdistill/data';
import { modelRegistry } from 'recdistill/models';
import { memoryNeeded } from 'recdistill/runs';
import { measure } from './_peak.js';
import { checkPeak } from './memory.js';

const EPOCHS = 2;

/** Declares a test of each model. Peaks do not depend on the load of the machine. @param threads of the kernels @param models default: all */
export function testModels(data: string, threads: number, models?: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-memory-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  describe(`estimates of memory on ${data}`, { concurrency: 2 }, () => {
    for (const spec of modelRegistry.all().filter(({ name }) => models?.includes(name) ?? true)) {
      test(spec.name, { timeout: 120_000 }, async () => {
        const given = 'epochs' in spec.options.shape ? { epochs: EPOCHS } : {};
        const dataset = await loadDataset({ data });
        const estimate = memoryNeeded({ spec, options: spec.options.parse(given), dataset, threads });
        const flags = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
        const args = ['train', spec.name, '--data', data, '--threads', String(threads), ...flags, '--quiet'];
        checkPeak(estimate, await measure(args, folder));
      });
    }
  });
}
