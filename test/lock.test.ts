/** package-lock.json must serve every platform, whatever registry it was made with. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { subset } from 'semver';

interface Entry {
  readonly resolved?: string;
  /** A folder of this repository: tools. */
  readonly link?: boolean;
  readonly integrity?: string;
  /** Needed for work on the package only, not by those who install it. */
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'package-lock.json');
const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> };
/** Folders of this repository. They are not downloaded. */
const OURS = ['', 'tools'];

test('the lock file records no download addresses', () => {
  assert.deepEqual(
    Object.keys(packages).filter((name) => packages[name]!.resolved && !packages[name]!.link),
    [],
  );
});

test('the lock file has the checksum of every package, also of those for other platforms', () => {
  // npm keeps an entry as it is, also one without a checksum. Delete such entries and run `npm install --package-lock-only`: npm
  // asks the registry for each of them anew, also for packages of other platforms.
  assert.deepEqual(
    Object.keys(packages).filter(
      (name) =>
        !OURS.includes(name) && !packages[name]!.link && !/^sha512-[\w+/]{86}==$/.test(packages[name]!.integrity ?? ''),
    ),
    [],
  );
});

test('the lock file knows the packages of all platforms', () => {
  // A registry that lacks some of them makes npm leave them out, and then `npm ci` refuses the file: add them by hand (version, os, cpu, optional).
  const missing = Object.entries(packages).flatMap(([name, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (dep) => !packages[`node_modules/${dep}`] && !packages[`${name}/node_modules/${dep}`],
    ),
  );
  assert.deepEqual(missing, []);
});

test('every dependency supports the Node versions of package.json', () => {
  // What fastify asks for would bring a cookie that needs Node 22: light-my-request is named in package.json to keep an earlier one.
  const ours = packages['']!.engines!.node!;
  const others = Object.entries(packages).flatMap(([name, { dev, engines }]) =>
    !dev && engines?.node !== undefined && !subset(ours, engines.node) ? [`${name} needs ${engines.node}`] : [],
  );
  assert.equal(ours, '>=20');
  assert.deepEqual(others, []);
});
