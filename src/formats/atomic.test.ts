import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { makeFolder, replaceFolder, writeAtomic, writeFolder } from './atomic.js';
import { isTemp, temporaryName } from './temporary-names.js';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-atomic-'));
});
afterEach(() => {
  mock.restoreAll();
  fs.rmSync(dir, { recursive: true, force: true });
});

const osError = (code: string): Error => Object.assign(new Error(`${code}: made up for the test`), { code });
const fails = (problem: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === 'write-failed' && problem.test(error.message);

test('writes text, bytes and parts', () => {
  const path = join(dir, 'a');
  writeAtomic(path, 'é');
  assert.equal(fs.readFileSync(path, 'utf8'), 'é');
  writeAtomic(path, [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
  assert.deepEqual([...fs.readFileSync(path)], [1, 2, 3]);
  assert.deepEqual(fs.readdirSync(dir), ['a']);
});

test('continues after a partial write', () => {
  const write = fs.writeSync;
  mock.method(fs, 'writeSync', (fd: number, bytes: Uint8Array, at: number, length: number) =>
    write(fd, bytes, at, Math.min(length, 3)),
  );
  writeAtomic(join(dir, 'a'), '0123456789');
  assert.equal(fs.readFileSync(join(dir, 'a'), 'utf8'), '0123456789');
});

test('if any step fails, the old file is intact and no temporary file remains', () => {
  const path = join(dir, 'a');
  writeAtomic(path, 'former');
  const steps = [
    ['openSync', 'EACCES', /permission denied \(EACCES\)/],
    ['writeSync', 'ENOSPC', /the disk is full \(ENOSPC\)/],
    ['fsyncSync', 'EIO', /the disk reported an error \(EIO\)/],
    ['renameSync', 'EROFS', /read-only \(EROFS\)/],
  ] as const;
  for (const [step, code, problem] of steps) {
    mock.method(fs, step, () => {
      throw osError(code);
    });
    assert.throws(() => writeAtomic(path, 'new content'), fails(problem), step);
    mock.restoreAll();
    assert.equal(fs.readFileSync(path, 'utf8'), 'former', step);
    assert.deepEqual(fs.readdirSync(dir), ['a'], step);
  }
});

test('the content is on the disk before the name is, and the name before the call ends', () => {
  const calls: string[] = [];
  for (const name of ['writeSync', 'fsyncSync', 'renameSync'] as const) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    mock.method(fs, name, (...args: unknown[]) => {
      calls.push(name);
      return original(...args);
    });
  }
  writeAtomic(join(dir, 'a'), 'text');
  const folderSync = process.platform === 'win32' ? [] : ['fsyncSync'];
  assert.deepEqual(calls, ['writeSync', 'fsyncSync', 'renameSync', ...folderSync]);
});

test('an invalid target is reported', () => {
  assert.throws(() => writeAtomic(join(dir, 'no', 'a'), ''), fails(/folder does not exist/));
  fs.mkdirSync(join(dir, 'folder'));
  assert.throws(() => writeAtomic(join(dir, 'folder'), ''), fails(/there is a folder of that name/));
  writeAtomic(join(dir, 'file'), '');
  assert.throws(() => makeFolder(join(dir, 'file')), fails(/there is a file of that name/));
  assert.throws(() => makeFolder(join(dir, 'file', 'x')), fails(/a component of the path is a file/));
  fs.symlinkSync('nowhere', join(dir, 'link'));
  assert.throws(() => makeFolder(join(dir, 'link')), fails(/there is a file of that name/));
  assert.deepEqual(fs.readdirSync(dir).sort(), ['file', 'folder', 'link']);
  if (process.platform === 'linux') assert.throws(() => makeFolder('/proc/1/runs'), fails(/does not exist|denied/));
});

const owned = (name: string): boolean => name.endsWith('.txt');
const fill = (text: string) => (temp: string) => writeAtomic(join(temp, 'a.txt'), text);

test('writeFolder replaces the whole content', () => {
  const target = join(dir, 'deep', 'x');
  writeFolder(target, owned, (temp) => writeAtomic(join(temp, 'old.txt'), ''));
  writeFolder(target, owned, fill('new'));
  assert.deepEqual(fs.readdirSync(target), ['a.txt']);
  assert.deepEqual(fs.readdirSync(join(dir, 'deep')), ['x']);
});

test('writeFolder keeps the former content when filling or swapping fails', () => {
  const target = join(dir, 'x');
  writeFolder(target, owned, fill('former'));
  const check = (problem: RegExp): void => {
    assert.throws(() => writeFolder(target, owned, fill('new')), fails(problem));
    mock.restoreAll();
    assert.equal(fs.readFileSync(join(target, 'a.txt'), 'utf8'), 'former');
    assert.deepEqual(fs.readdirSync(dir), ['x']);
  };
  mock.method(fs, 'writeSync', () => {
    throw osError('ENOSPC');
  });
  check(/disk is full/);
  const rename = fs.renameSync;
  mock.method(fs, 'renameSync', (from: string, to: string) => {
    if (to === target && isTemp(basename(from))) throw osError('EIO');
    rename(from, to);
  });
  check(/disk reported/);
});

test('writeFolder restores the old folder after a crash between its two renames', () => {
  const target = join(dir, 'x');
  writeFolder(target, owned, fill('former'));
  fs.renameSync(target, join(dir, '.x.old'));
  fs.mkdirSync(join(dir, temporaryName('x')));
  const failing = (): void => {
    throw osError('ENOSPC');
  };
  assert.throws(() => writeFolder(target, owned, failing), fails(/disk is full/));
  assert.equal(fs.readFileSync(join(target, 'a.txt'), 'utf8'), 'former');
  assert.deepEqual(fs.readdirSync(dir), ['x']);
});

test('writeFolder does not remove other files', () => {
  fs.mkdirSync(join(dir, 'home'));
  writeAtomic(join(dir, 'home', 'thesis.tex'), 'precious');
  assert.throws(
    () => writeFolder(join(dir, 'home'), owned, fill('new')),
    (error) => error instanceof RecdistillError && error.code === 'usage' && /thesis\.tex/.test(error.message),
  );
  assert.deepEqual(fs.readdirSync(join(dir, 'home')), ['thesis.tex']);
});

test('one process at a time replaces a folder', () => {
  const target = join(dir, 'x');
  const first = replaceFolder(target, owned);
  assert.throws(
    () => writeFolder(target, owned, fill('second')),
    (error) => error instanceof RecdistillError && error.code === 'run-locked' && error.message.includes(target),
  );
  fill('first')(first.temporary);
  first.commit();
  first.close();
  writeFolder(target, owned, fill('third'));
  assert.equal(fs.readFileSync(join(target, 'a.txt'), 'utf8'), 'third');
  assert.deepEqual(fs.readdirSync(dir), ['x']);
});

test('what dead processes left beside a target and in it does not block, and is removed', () => {
  const dead = (base: string): string => temporaryName(base).replace(`-${process.pid}-`, `-${2 ** 30}-`);
  const target = join(dir, 'x');
  writeFolder(target, owned, fill('former'));
  fs.writeFileSync(join(target, dead('a.txt')), '');
  fs.mkdirSync(join(dir, dead('x')));
  fs.writeFileSync(join(dir, dead('x')), '');
  writeFolder(target, owned, fill('new'));
  assert.deepEqual(fs.readdirSync(target), ['a.txt']);
  assert.deepEqual(fs.readdirSync(dir), ['x']);
  const [left, living, foreign] = [dead('b'), temporaryName('b'), '.b.draft.tmp'];
  for (const name of [left, living, foreign]) fs.writeFileSync(join(dir, name), '');
  writeAtomic(join(dir, 'b'), '');
  assert.deepEqual(fs.readdirSync(dir).sort(), [living, foreign, 'b', 'x'].sort());
});

test('all files of a new folder are flushed to disk before its name appears', () => {
  const calls: string[] = [];
  for (const name of ['fsyncSync', 'renameSync'] as const) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    mock.method(fs, name, (...args: unknown[]) => {
      calls.push(name);
      return original(...args);
    });
  }
  writeFolder(join(dir, 'x'), owned, (temp) => {
    fs.writeFileSync(join(temp, 'a.txt'), 'not flushed by its writer');
  });
  const folderSync = process.platform === 'win32' ? [] : ['fsyncSync'];
  assert.deepEqual(calls, ['fsyncSync', ...folderSync, 'renameSync', ...folderSync]);
});
