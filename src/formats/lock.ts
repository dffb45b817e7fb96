/**
 * A lock that allows one process per run. The file `lock` names its owner. It is created with its content in one step (a
 * hard link to a complete file), so that a reader never sees a partial lock.
 *
 * Takeover from a dead owner: the successor of a lock with token T is the file `lock-T`, created with the same
 * exclusiveness, so that one of several competing processes wins. A dead successor has a successor itself. The end of
 * this chain owns the run. The winner checks that no file of the chain was replaced, then renames its file over `lock`.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { ioCode, writeFailed } from './io-error.js';
import { isRunning, startOf } from './process-alive.js';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Start time of the process in units of the operating system. Null if it is not available. */
  readonly started: string | null;
  /** Time of acquisition, ISO 8601. */
  readonly since: string;
  readonly token: string;
}

interface Link {
  readonly path: string;
  readonly token: string;
}

/** Names in a run folder that belong to the lock. */
export const isLockFile = (name: string): boolean =>
  name === 'lock' || name.startsWith('lock-') || name.startsWith('.lock-');

/**
 * Acquires the lock of `folder`, also from a dead owner.
 * @returns the function that releases it. It is released at the latest when the process exits
 * @throws RecdistillError `run-locked` if a running process owns it, or one on another host, which cannot be checked;
 * `write-failed`
 */
export function acquireLock(folder: string): () => void {
  const lock = join(folder, 'lock');
  const mine: Owner = {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
    since: new Date().toISOString(),
    token: randomUUID(),
  };
  const draft = join(folder, `.lock-${mine.pid}-${mine.token}`);
  try {
    do {
      // Written before each attempt: a process on another host that shares the folder may have removed it.
      fs.writeFileSync(draft, JSON.stringify(mine));
      // Fails if another process has changed the chain of locks meanwhile. Then it is read again.
    } while (!tryAcquire(folder, lock, draft));
    tidy(folder);
  } catch (cause) {
    writeFailed(lock, cause);
  } finally {
    fs.rmSync(draft, { force: true });
  }
  const release = (): void => {
    if (!held.delete(release)) return;
    if (held.size === 0) process.off('exit', releaseAll);
    if (ownerOf(lock)?.token === mine.token) fs.rmSync(lock, { force: true });
  };
  if (held.size === 0) process.on('exit', releaseAll);
  held.add(release);
  return release;
}

const held = new Set<() => void>();

function releaseAll(): void {
  for (const release of held) release();
}

function tryAcquire(folder: string, lock: string, draft: string): boolean {
  const chain: Link[] = [];
  let end = lock;
  for (let owner = ownerOf(end); owner !== undefined; owner = ownerOf(end)) {
    if (owner === null || owner.host !== hostname() || isRunning(owner.pid, owner.started)) refuse(folder, owner);
    chain.push({ path: end, token: owner.token });
    end = join(folder, `lock-${owner.token}`);
  }
  if (!linkExclusively(draft, end)) return false;
  if (!chain.every((link) => ownerOf(link.path)?.token === link.token)) {
    fs.rmSync(end, { force: true });
    return false;
  }
  if (end !== lock) fs.renameSync(end, lock);
  return true;
}

/** Removes files of dead competitors. A running one that still has a `lock-T` notices that `lock` has changed and gives up. */
function tidy(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    // The owner of a draft is the process id in its name: a killed process may have left the file empty.
    const drafter = /^\.lock-(\d+)-/.exec(name)?.[1];
    const abandoned = drafter !== undefined && !isRunning(Number(drafter), null);
    if (name.startsWith('lock-') || abandoned) fs.rmSync(join(folder, name), { force: true });
  }
}

function refuse(folder: string, owner: Owner | null): never {
  const { pid, host, since } = owner ?? { pid: 'unknown', host: 'an unknown host', since: 'an unknown time' };
  fail('run-locked', { path: folder, pid, host, since });
}

function linkExclusively(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (cause) {
    if (['EEXIST', 'ENOENT'].includes(ioCode(cause) ?? '')) return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(ioCode(cause) ?? '')) throw cause;
  }
  // No hard links (FAT, some network shares): equally exclusive, but the content appears slightly later.
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
    return true;
  } catch (cause) {
    if (ioCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

/** @returns undefined if there is no such lock, null if it is not valid (still being written, another program) */
function ownerOf(path: string): Owner | null | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch (cause) {
    if (ioCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    const owner = JSON.parse(text) as Owner;
    const valid = Number.isSafeInteger(owner.pid) && owner.pid > 0 && /^[\w-]{1,64}$/.test(owner.token);
    return valid ? owner : null;
  } catch {
    return null;
  }
}
