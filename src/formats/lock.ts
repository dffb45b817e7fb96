/**
 * A lock that allows one process per folder. The file `lock` names its owner. It is created with its content in one step (a
 * hard link to a complete file), so that a reader never sees a partial lock.
 *
 * Whether the owner is alive: in the same PID namespace of the same kernel, by its process id and start time. Everywhere
 * else (another container, another host) by its lease: the owner renews the modification time of the file, and only an
 * expired lease is taken over.
 *
 * Takeover from a dead owner: the successor of a lock with token T is the file `lock-T`, created with the same
 * exclusiveness, so that one of several competing processes wins. A dead successor has a successor itself. The end of
 * this chain owns the lock. The winner checks that no file of the chain was replaced, then renames its file over `lock`.
 *
 * Fencing: a paused process may lose its lease without noticing. `Lock.confirm` is called before each write, and fails if
 * the lock has another owner now.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { parseJson } from '../student/bounded-json.js';
import { ioCode, writeFailed, writing } from './io-error.js';
import { LEASE_SECONDS, renewLease } from './lease.js';
import { isRunning, type ProcessIdentity, stateOf, thisProcess } from './process-identity.js';
import { readBytes } from './read.js';
import { discard } from './temporary-names.js';

export interface Lock {
  /** Number of takeovers before this owner, from 0. A later owner has a higher one. */
  readonly fence: number;
  /** Call before each write. @throws RecdistillError `lock-lost` if the lock was taken over or deleted */
  confirm(): void;
  /** Releases the lock, as the end of the process does. Calling it again does nothing. */
  release(): void;
}

export interface LockOptions {
  /** Name of the lock file in the folder. Default: `lock`. */
  readonly name?: string;
  /** What the lock protects, for messages. Default: `the folder FOLDER`. */
  readonly what?: { readonly kind: string; readonly path: string };
  /** Seconds without renewal until processes elsewhere may take over. All processes must use the same. Default: 60. */
  readonly leaseSeconds?: number;
}

interface Owner extends ProcessIdentity {
  /** Time of acquisition, ISO 8601. */
  readonly since: string;
  readonly token: string;
  readonly fence: number;
}

interface Link {
  readonly path: string;
  readonly token: string;
  readonly fence: number;
}

interface Place {
  readonly folder: string;
  readonly name: string;
  readonly what: { readonly kind: string; readonly path: string };
  readonly leaseSeconds: number;
}

/** Names in a folder that belong to the lock `name`. */
export const isLockFile = (file: string, name = 'lock'): boolean =>
  file === name || file.startsWith(`${name}-`) || file.startsWith(`.${name}-`);

/** Walks of the chain until its files must be of another kind than a lock, such as a link to nothing. */
const MOST_WALKS = 1000;

/**
 * Acquires the lock of `folder`, also from a dead owner.
 * @returns the lock. It is released at the latest when the process exits
 * @throws RecdistillError `run-locked` if a running process owns it, or one elsewhere whose lease has not expired; `write-failed`
 */
export function acquireLock(folder: string, options: LockOptions = {}): Lock {
  const { name = 'lock', what = { kind: 'folder', path: folder }, leaseSeconds = LEASE_SECONDS } = options;
  const place: Place = { folder, name, what, leaseSeconds };
  const token = randomUUID();
  const draft = join(folder, `.${name}-${process.pid}-${token}`);
  let fence: number | undefined;
  try {
    for (let walk = 0; fence === undefined; walk++) {
      if (walk === MOST_WALKS) unusable(join(folder, name));
      // Fails if another process has changed the chain of locks meanwhile. Then it is read again.
      fence = tryAcquire(place, draft, { ...thisProcess(), since: new Date().toISOString(), token });
    }
    tidy(place);
  } catch (cause) {
    writeFailed(join(folder, name), cause);
  } finally {
    discard(draft);
  }
  return hold(place, token, fence);
}

function hold({ folder, name, what, leaseSeconds }: Place, token: string, fence: number): Lock {
  const lock = join(folder, name);
  const endLease = renewLease(lock, token, leaseSeconds);
  const release = (): void => {
    if (!held.delete(release)) return;
    if (held.size === 0) process.off('exit', releaseAll);
    endLease();
    released.add(token);
    try {
      if (read(lock)?.token === token) discard(lock);
    } catch {
      // It cannot be read any more. As that of a process that has ended it is taken over.
    }
  };
  if (held.size === 0) process.on('exit', releaseAll);
  held.add(release);
  const confirm = (): void => {
    const owner = writing(lock, () => read(lock));
    if (owner?.token === token) return;
    const by = owner && `process ${owner.pid} on ${owner.host}`;
    fail('lock-lost', { ...what, owner: by, seconds: leaseSeconds });
  };
  return { fence, confirm, release };
}

const held = new Set<() => void>();

/** Tokens of locks that this process has released. Their files may still be there, if the disk was read-only. */
const released = new Set<string>();

function releaseAll(): void {
  for (const release of held) release();
}

/** @returns the fence of the new lock, or undefined if the chain was changed meanwhile */
function tryAcquire(place: Place, draft: string, mine: Omit<Owner, 'fence'>): number | undefined {
  const { folder, name } = place;
  const lock = join(folder, name);
  // Written before each attempt: a process elsewhere that shares the folder may have removed it. Its time is "now" for leases.
  fs.writeFileSync(draft, JSON.stringify(mine));
  const chain: Link[] = [];
  let end = lock;
  for (let owner = read(end); owner !== undefined; owner = read(end)) {
    const left = owner === null ? undefined : leaseLeft(place, owner, end, draft);
    if (owner === null || left !== undefined) refuse(place, owner, left);
    chain.push({ path: end, token: owner.token, fence: owner.fence });
    end = join(folder, `${name}-${owner.token}`);
  }
  const last = chain.at(-1);
  const fence = last === undefined ? 0 : last.fence + 1;
  fs.writeFileSync(draft, JSON.stringify({ ...mine, fence }));
  if (!linkExclusively(draft, end)) return undefined;
  if (!chain.every((link) => read(link.path)?.token === link.token)) {
    fs.rmSync(end, { force: true });
    return undefined;
  }
  if (end !== lock) fs.renameSync(end, lock);
  return fence;
}

/**
 * Seconds for which the owner of the lock file `path` must be assumed to be alive: infinite for a running process, those left of
 * its lease if its process cannot be examined. Undefined if it has ended or its lease has expired.
 */
function leaseLeft({ leaseSeconds }: Place, owner: Owner, path: string, draft: string): number | undefined {
  if (released.has(owner.token)) return undefined;
  const state = stateOf(owner);
  if (state !== 'unknown') return state === 'running' ? Number.POSITIVE_INFINITY : undefined;
  const renewed = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
  const left = leaseSeconds - (fs.statSync(draft).mtimeMs - renewed) / 1000;
  return left > 0 ? Math.ceil(left) : undefined;
}

/** Removes files of dead competitors. A running one that still has a `lock-T` notices that `lock` has changed and gives up. */
function tidy({ folder, name }: Place): void {
  for (const file of fs.readdirSync(folder)) {
    if (file === name || !isLockFile(file, name)) continue;
    // The owner of a draft is the process id in its name: a killed process may have left the file empty.
    const drafter = draftOf(file, name);
    if (drafter === undefined || !isRunning(drafter, null)) fs.rmSync(join(folder, file), { force: true });
  }
}

function draftOf(file: string, name: string): number | undefined {
  if (!file.startsWith(`.${name}-`)) return undefined;
  const pid = Number.parseInt(file.slice(name.length + 2), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

function refuse({ what, name, folder }: Place, owner: Owner | null, left: number | undefined): never {
  const { pid, host, since } = owner ?? { pid: 'unknown', host: 'an unknown host', since: 'an unknown time' };
  // Whether it can be waited for: this process never releases what it waits for, and a file that is not valid names nobody.
  const other = owner !== null && !isThisProcess(owner);
  const details = { ...what, lock: join(folder, name), pid, host, since, other };
  fail('run-locked', { ...details, ...(Number.isFinite(left) && { left }) });
}

function isThisProcess(owner: ProcessIdentity): boolean {
  const own = thisProcess();
  return (Object.keys(own) as (keyof ProcessIdentity)[]).every((field) => owner[field] === own[field]);
}

function unusable(lock: string): never {
  const problem =
    'a lock cannot be created there, although none can be read: it may be a broken link or a special file';
  fail('write-failed', { path: lock, problem, hint: `Delete ${basename(lock)}, or choose another folder.` });
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

/** Longest lock file that is read. */
const MOST_BYTES = 4096;

/** @returns undefined if there is no such lock, null if it is not valid (still being written, another program) */
function read(path: string): Owner | null | undefined {
  let text: string;
  try {
    text = Buffer.from(readBytes(path, MOST_BYTES)).toString();
  } catch (cause) {
    if (!(cause instanceof RecdistillError)) throw cause;
    if (cause.code === 'file-missing') return undefined;
    if (cause.code === 'over-limit' || cause.code === 'artifact-damaged') return null;
    throw cause;
  }
  try {
    const owner = parseJson(text) as Owner;
    const valid = Number.isSafeInteger(owner.pid) && owner.pid > 0 && /^[\w-]{1,64}$/.test(owner.token);
    const { boot = null, pidNamespace = null, fence = 0 } = owner;
    return valid ? { ...owner, boot, pidNamespace, fence } : null;
  } catch {
    return null;
  }
}
