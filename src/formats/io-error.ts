/** Converts errors of the operating system to RecdistillErrors. */
import { fail } from '../errors.js';

const plain: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is exceeded',
  EFBIG: 'the file is larger than the file system allows',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reported an error',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a component of the path is a file, not a folder',
  EISDIR: 'there is a folder of that name',
  EMFILE: 'too many files are open',
};

const NOTHING_PARTIAL = 'No partially written file remains.';
const SPACE = 'Free some space, or choose a folder on another disk.';
const PERMISSION = 'Check the permissions of the folder, or choose another one.';
const FOLDER = 'Create the folder, or choose another one.';

/** What to do about a failed write. */
const hints: Readonly<Record<string, string>> = {
  ...{ ENOSPC: SPACE, EDQUOT: SPACE, EFBIG: SPACE },
  ...{ EACCES: PERMISSION, EPERM: PERMISSION },
  EROFS: 'Choose a folder on a file system that can be written.',
  ...{ ENOENT: FOLDER, ENOTDIR: FOLDER },
  EISDIR: 'Choose another name.',
};

/** The error code of the operating system, such as `ENOSPC`, if `error` has one. */
export const ioCode = (error: unknown): string | undefined => {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
};

/** What an error of the operating system means, with its code: `the disk is full (ENOSPC)`. */
export function describeIo(error: unknown): string {
  const code = ioCode(error) ?? 'unknown';
  return `${plain[code] ?? (error instanceof Error ? error.message : String(error))} (${code})`;
}

/** Throws `write-failed` for an error of the operating system. Rethrows any other error. */
export function writeFailed(path: string, cause: unknown): never {
  const code = ioCode(cause);
  if (code === undefined) throw cause;
  const hint = hints[code];
  fail(
    'write-failed',
    { path, problem: describeIo(cause), ...(hint && { hint: `${hint} ${NOTHING_PARTIAL}` }) },
    cause,
  );
}

/** Runs `work` and converts errors of the operating system to `write-failed` for `path`. */
export function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    writeFailed(path, cause);
  }
}

/** Throws `file-missing` or `read-failed` for an error of the operating system. Rethrows any other error. */
export function readFailed(path: string, cause: unknown): never {
  const code = ioCode(cause);
  if (code === undefined) throw cause;
  if (code === 'ENOENT') fail('file-missing', { path }, cause);
  fail('read-failed', { path, problem: describeIo(cause) }, cause);
}
