/** Finds a Python that has PyTorch, or says in one sentence that there is none; makes one on request. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type FoundPython = { readonly python: string } | { readonly missing: string };

/**
 * The first of: `--python`, the environment variable RECDISTILL_PYTHON, `bench/.venv`, `python3`.
 * One that the user named is not silently replaced by another when it has no PyTorch.
 */
export function findPython(benchFolder: string, named: string | undefined, env: NodeJS.ProcessEnv): FoundPython {
  const venv = venvPython(benchFolder);
  const candidate = named ?? env.RECDISTILL_PYTHON ?? (existsSync(venv) ? venv : 'python3');
  const probe = spawnSync(candidate, ['-c', 'import numpy, torch'], { encoding: 'utf8', timeout: 120_000 });
  if (probe.status === 0) return { python: candidate };
  const reason = probe.error ? 'cannot be started' : `says "${probe.stderr.trim().split('\n').at(-1)}"`;
  const advice = 'run "npm run bench -- setup" once, or pass --python';
  return { missing: `PyTorch peers are skipped: ${candidate} ${reason}; ${advice}.` };
}

/** Makes bench/.venv with PyTorch, NumPy and faiss; pip's own words go to stderr. True if it worked. */
export function setUpPython(benchFolder: string): boolean {
  const run = (file: string, args: readonly string[]): boolean =>
    spawnSync(file, args, { stdio: ['ignore', 2, 2] }).status === 0;
  const made = run('python3', ['-m', 'venv', join(benchFolder, '.venv')]);
  return made && run(venvPython(benchFolder), ['-m', 'pip', 'install', 'torch', 'numpy', 'faiss-cpu']);
}

function venvPython(benchFolder: string): string {
  const path = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return join(benchFolder, '.venv', ...path);
}
