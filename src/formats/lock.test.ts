import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { after, afterEach, before, mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RecdistillError } from '../errors.js';
import { acquireLock } from './lock.js';
import { isRunning, startOf, thisProcess } from './process-identity.js';

const childMark = 'RECDISTILL_TEST_LOCK_CHILD';

/** In a child: for each folder named on stdin, tries to lock it and answers `won` or `lost`; holds what it won. */
async function child(): Promise<void> {
  for await (const folder of createInterface({ input: process.stdin })) {
    if (folder === 'exit') process.exit(0);
    try {
      acquireLock(folder);
      process.stdout.write('won\n');
    } catch (error) {
      process.stdout.write(error instanceof RecdistillError && error.code === 'run-locked' ? 'lost\n' : `${error}\n`);
    }
  }
}

if (process.env[childMark]) await child();
else tests();

function tests(): void {
  let dir: string;
  const children: ChildProcess[] = [];
  before(() => {
    dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-lock-'));
  });
  afterEach(() => mock.restoreAll());
  after(async () => {
    for (const c of children) await kill(c);
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const folderFor = (name: string): string => fs.mkdtempSync(join(dir, `${name}-`));
  const locked = (folder: string, pid: number | string) => (error: unknown) =>
    error instanceof RecdistillError &&
    error.code === 'run-locked' &&
    error.message.includes(folder) &&
    error.details.pid === pid;

  function start(): { process: ChildProcess; ask: (folder: string) => Promise<string> } {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const script = fileURLToPath(import.meta.url);
    const c = spawn(process.execPath, [script], {
      env: { ...env, [childMark]: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(c);
    const answers = createInterface({ input: c.stdout })[Symbol.asyncIterator]();
    const ask = async (folder: string): Promise<string> => {
      c.stdin.write(`${folder}\n`);
      return (await answers.next()).value as string;
    };
    return { process: c, ask };
  }

  async function kill(c: ChildProcess): Promise<void> {
    if (c.exitCode !== null || c.signalCode !== null) return;
    const gone = once(c, 'exit');
    c.kill('SIGKILL');
    await gone;
  }

  /** Leaves a lock as a process that is gone would, and tells its token. */
  function stale(folder: string, fields: object = {}, file = 'lock'): string {
    const token = `stale-${fs.readdirSync(folder).length}`;
    const owner = {
      ...thisProcess(),
      pid: deadPid,
      started: '1',
      since: '2020-01-01T00:00:00Z',
      token,
      fence: 0,
      ...fields,
    };
    fs.writeFileSync(join(folder, file), JSON.stringify(owner));
    return token;
  }
  // Above the largest process id that Linux, macOS or Windows give out.
  const deadPid = 2 ** 30;

  test('a lock has one holder at a time, also within one process, and leaves no file', () => {
    const folder = folderFor('plain');
    const { release } = acquireLock(folder);
    assert.throws(() => acquireLock(folder), locked(folder, process.pid));
    assert.deepEqual(fs.readdirSync(folder), ['lock']);
    release();
    release();
    assert.deepEqual(fs.readdirSync(folder), []);
    acquireLock(folder).release();
  });

  test('many opened and closed runs leave no listener on the process', () => {
    const before = process.listenerCount('exit');
    for (let k = 0; k < 20; k++) acquireLock(folderFor('many')).release();
    assert.equal(process.listenerCount('exit'), before);
  });

  test('another living process is named; killed, it is succeeded; ended, it has given back', async () => {
    const folder = folderFor('child');
    const first = start();
    assert.equal(await first.ask(folder), 'won');
    assert.throws(() => acquireLock(folder), locked(folder, first.process.pid!));
    await kill(first.process);
    assert.deepEqual(fs.readdirSync(folder), ['lock']);
    acquireLock(folder).release();
    const second = start();
    assert.equal(await second.ask(folder), 'won');
    const gone = once(second.process, 'exit');
    second.process.stdin!.write('exit\n');
    await gone;
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test('of many processes that take over at once, one wins', async () => {
    const racers = Array.from({ length: 5 }, start);
    for (let round = 0; round < 30; round++) {
      const folder = folderFor('race');
      // Every third round the lock is free, every third it was left once, every third its taker was killed too.
      if (round % 3 > 0) {
        const token = stale(folder);
        if (round % 3 > 1) stale(folder, {}, `lock-${token}`);
      }
      const answers = await Promise.all(racers.map((racer) => racer.ask(folder)));
      assert.deepEqual(answers.sort(), ['lost', 'lost', 'lost', 'lost', 'won'], `round ${round}`);
      assert.deepEqual(fs.readdirSync(folder), ['lock'], `round ${round}`);
    }
  });

  test('if two processes take a stale lock at the same time, one of them gives up or tries again', () => {
    for (const given of ['kept', 'given back']) {
      const folder = folderFor('overtaken');
      stale(folder);
      const link = fs.linkSync;
      let fast: (() => void) | undefined;
      mock.method(fs, 'linkSync', (from: string, to: string) => {
        if (!fast) {
          mock.restoreAll();
          fast = acquireLock(folder).release;
          if (given === 'given back') fast();
        }
        link(from, to);
      });
      if (given === 'kept') {
        assert.throws(() => acquireLock(folder), locked(folder, process.pid));
        assert.deepEqual(fs.readdirSync(folder), ['lock']);
        fast!();
      } else {
        acquireLock(folder).release();
      }
      assert.deepEqual(fs.readdirSync(folder), []);
    }
  });

  test('a process id in use again is not taken for the holder', () => {
    const folder = folderFor('reused');
    stale(folder, { pid: process.pid, started: 'another time' });
    // Where the system does not tell start times, the process id is all there is, and the careful answer is "in use".
    if (startOf(process.pid) === null) assert.throws(() => acquireLock(folder), locked(folder, process.pid));
    else acquireLock(folder).release();
  });

  test('a zombie process holds no lock', async () => {
    if (startOf(process.pid) === null) return;
    // The shell starts a cat and becomes a Node process, which does not know that it has this child and never collects it.
    const become = 'cat <&3 & echo $!; exec "$0" -e "console.log(0); process.stdin.resume()"';
    const c = spawn('sh', ['-c', become, process.execPath], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
    children.push(c);
    const lines = createInterface({ input: c.stdout! })[Symbol.asyncIterator]();
    const pid = Number((await lines.next()).value);
    await lines.next();
    assert.equal(isRunning(pid, null), true);
    (c.stdio[3] as Writable).end();
    while (isRunning(pid, null)) await new Promise(setImmediate);
    // Still there for the operating system.
    process.kill(pid, 0);
  });

  test('an owner elsewhere counts as alive until its lease expires', () => {
    for (const elsewhere of [{ host: 'another-host' }, { boot: 'another-boot' }, { pidNamespace: 'pid:[1]' }]) {
      const folder = folderFor('elsewhere');
      stale(folder, { ...elsewhere, fence: 4 });
      assert.throws(() => acquireLock(folder), locked(folder, deadPid));
      const expired = new Date(Date.now() - 61_000);
      fs.utimesSync(join(folder, 'lock'), expired, expired);
      const lock = acquireLock(folder);
      assert.equal(lock.fence, 5);
      lock.release();
    }
  });

  test('a lease is renewed while the main thread is busy', () => {
    const folder = folderFor('renewed');
    const lock = acquireLock(folder, { leaseSeconds: 0.06 });
    const renewed = (): number => fs.statSync(join(folder, 'lock')).mtimeMs;
    const [first, until] = [renewed(), Date.now() + 30_000];
    while (renewed() === first && Date.now() < until);
    assert.ok(renewed() > first);
    lock.confirm();
    lock.release();
  });

  test('an owner whose lock was taken over or deleted writes nothing more', () => {
    const lost = (owner: RegExp) => (error: unknown) =>
      error instanceof RecdistillError && error.code === 'lock-lost' && owner.test(error.message);
    const folder = folderFor('lost');
    const paused = acquireLock(folder);
    paused.confirm();
    const token = 'the-successor';
    fs.writeFileSync(join(folder, 'lock'), JSON.stringify({ ...thisProcess(), pid: 7, since: '', token, fence: 1 }));
    assert.throws(paused.confirm, lost(/process 7 on .* has taken it over/));
    paused.release();
    assert.deepEqual(fs.readdirSync(folder), ['lock']);
    fs.rmSync(join(folder, 'lock'));
    const other = acquireLock(folder);
    fs.rmSync(join(folder, 'lock'));
    assert.throws(other.confirm, lost(/deleted/));
    other.release();
  });

  test('a process in another PID namespace is not taken for dead', async (t) => {
    const run = (args: readonly string[]) => spawnSync('unshare', ['--pid', '--fork', '--mount-proc', ...args]);
    if (run(['true']).status !== 0) return t.skip('this system does not allow unshare --pid');
    const folder = folderFor('namespace');
    const first = start();
    assert.equal(await first.ask(folder), 'won');
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const inside = spawnSync(
      'unshare',
      ['--pid', '--fork', '--mount-proc', process.execPath, fileURLToPath(import.meta.url)],
      {
        env: { ...env, [childMark]: '1' },
        input: `${folder}\nexit\n`,
        encoding: 'utf8',
      },
    );
    assert.equal(inside.stdout, 'lost\n');
  });

  test('a lock file that can be neither created nor read ends in an error', () => {
    const folder = folderFor('dangling');
    fs.symlinkSync(join(folder, 'nowhere'), join(folder, 'lock'));
    assert.throws(
      () => acquireLock(folder),
      (error) => error instanceof RecdistillError && error.code === 'write-failed' && /broken link/.test(error.message),
    );
  });

  test('a lock that a process released on a disk that had become read-only can be acquired by it again', () => {
    const folder = fs.mkdtempSync(join(dir, 'read-only-'));
    const lock = acquireLock(folder);
    const refuse = mock.method(fs, 'rmSync', () => {
      throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
    });
    lock.release();
    refuse.mock.restore();
    assert.ok(fs.existsSync(join(folder, 'lock')));
    acquireLock(folder).release();
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test('a lock file that is not valid counts as in use', () => {
    for (const text of ['', '{"pid":', 'null', '{"pid":0,"token":"x"}', `{"pid":${deadPid},"token":"../x"}`]) {
      const folder = folderFor('unclear');
      fs.writeFileSync(join(folder, 'lock'), text);
      assert.throws(() => acquireLock(folder), locked(folder, 'unknown'));
      assert.deepEqual(fs.readdirSync(folder), ['lock']);
    }
  });

  test('works on file systems without hard links', () => {
    const folder = folderFor('no-links');
    mock.method(fs, 'linkSync', () => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    });
    stale(folder);
    const { release } = acquireLock(folder);
    assert.throws(() => acquireLock(folder), locked(folder, process.pid));
    release();
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test('a folder without write permission is reported', () => {
    const code = (error: unknown): boolean => error instanceof RecdistillError && error.code === 'write-failed';
    assert.throws(() => acquireLock(join(dir, 'absent')), code);
  });

  test('drafts of killed takers are swept, those of living ones are not', () => {
    const folder = folderFor('drafts');
    fs.writeFileSync(join(folder, `.lock-${deadPid}-x`), '');
    fs.writeFileSync(join(folder, `.lock-${process.pid}-x`), '');
    acquireLock(folder).release();
    assert.deepEqual(fs.readdirSync(folder), [`.lock-${process.pid}-x`]);
  });
}
