// Makes a fresh clone runnable: checks Node, installs the locked packages if they are missing or out of date, builds.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`recdistill needs Node 20 or newer; this is ${process.version}. Install a current Node and try again.`);
  process.exit(2);
}

const say = (text) => process.stderr.write(`${text}\n`);
const run = (file, args) => {
  // Build chatter goes to stderr, so that a command's --json output stays the only thing on stdout.
  try {
    execFileSync(file, args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' && file === 'npm' });
  } catch (error) {
    say(`recdistill: '${[file, ...args].join(' ')}' failed; its message is above.`);
    process.exit(typeof error.status === 'number' ? error.status : 1);
  }
};

// `--program`: for `npm start`, without the packages of tools/package.json and without tests.
const program = process.argv.includes('--program');
if (!isInstalled()) {
  say(`recdistill: installing packages${program ? '' : ', those of the tests, too'} (once) ...`);
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(program ? ['--workspaces=false'] : [])]);
}
run(process.execPath, ['scripts/build.mjs', ...process.argv.slice(2)]);

/** npm writes the list of what it installed last: an installation that was stopped has none. */
function isInstalled() {
  const list = 'node_modules/.package-lock.json';
  if (!existsSync(list) || statSync(list).mtimeMs < statSync('package-lock.json').mtimeMs) return false;
  return program || 'tools' in JSON.parse(readFileSync(list, 'utf8')).packages;
}
