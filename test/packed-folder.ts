/** The package as it would be published: packed, and unpacked into an empty folder beside its dependencies. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Packed {
  /** A folder of a user's own. */
  readonly folder: string;
  /** The archive in it. */
  readonly archive: string;
  /** The package in its `node_modules`. */
  readonly installed: string;
  /** Runs Node there and returns what it prints. */
  node(...args: string[]): string;
  remove(): void;
}

export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-packed-'));
  const installed = join(folder, 'node_modules', 'recdistill');
  const shell = process.platform === 'win32';
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root, shell });
  const archive = join(folder, readdirSync(folder).find((f) => f.endsWith('.tgz'))!);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1']);
  // The dependencies are those of this checkout: a test reaches no registry.
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'recdistill')
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return {
    ...{ folder, archive, installed },
    node: (...args) => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
