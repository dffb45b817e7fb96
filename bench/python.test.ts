import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findPython } from './python.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recdistill-python-'));
  await mkdir(join(folder, '.venv', 'bin'), { recursive: true });
});
after(() => rm(folder, { recursive: true, force: true }));

/** Something that a shell runs like a Python with or without PyTorch. */
async function standIn(path: string, works: boolean): Promise<string> {
  const lines = works
    ? ['exit 0']
    : ['echo "Traceback ..." >&2', `echo "ModuleNotFoundError: No module named 'torch'" >&2`, 'exit 1'];
  await writeFile(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  await chmod(path, 0o755);
  return path;
}

const unix = process.platform === 'win32' ? { skip: 'the stand-ins are shell scripts' } : {};

test('named first, then the environment, then bench/.venv', unix, async () => {
  const named = await standIn(join(folder, 'named'), true);
  const fromEnv = await standIn(join(folder, 'from-env'), true);
  const venv = await standIn(join(folder, '.venv', 'bin', 'python'), true);
  assert.deepEqual(findPython(folder, named, { RECDISTILL_PYTHON: fromEnv }), { python: named });
  assert.deepEqual(findPython(folder, undefined, { RECDISTILL_PYTHON: fromEnv }), { python: fromEnv });
  assert.deepEqual(findPython(folder, undefined, {}), { python: venv });
});

test('a given Python without PyTorch is not replaced by another; its output is reported', unix, async () => {
  const bare = await standIn(join(folder, 'bare'), false);
  const found = findPython(folder, bare, {});
  assert.ok('missing' in found);
  assert.match(
    found.missing,
    /skipped: .*bare says "ModuleNotFoundError: No module named 'torch'"; run "npm run bench -- setup"/,
  );
});
