import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

test('docs/options.md matches the code', () => {
  execFileSync(process.execPath, [join('scripts', 'options-page.mjs'), '--check'], { cwd: root, stdio: 'pipe' });
});
