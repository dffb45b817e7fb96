/** Turns what the operating system says about a file into errors that say what to do. */
import { fail } from '../errors.js';

const plain: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the file system allows',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reported an error',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'there is a folder of that name',
  EMFILE: 'too many files are open',
};

/** The operating system's code, such as `ENOSPC`, if `error` comes from there. */
export const ioCode = (error: unknown): string | undefined => {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
};

/** Throws `write-failed` for an error of the operating system; any other error is thrown as it is. */
export function writeFailed(path: string, cause: unknown): never {
  const code = ioCode(cause);
  if (code === undefined) throw cause;
  fail('write-failed', { path, problem: `${plain[code] ?? (cause as Error).message} (${code})` }, cause);
}

/** Runs `work`; an error of the operating system in it becomes `write-failed` for `path`. */
export function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    writeFailed(path, cause);
  }
}

/** Throws `file-missing` or `read-failed` for an error of the operating system; any other error is thrown as it is. */
export function readFailed(path: string, cause: unknown): never {
  const code = ioCode(cause);
  if (code === undefined) throw cause;
  if (code === 'ENOENT') fail('file-missing', { path }, cause);
  fail('read-failed', { path, problem: `${plain[code] ?? (cause as Error).message} (${code})` }, cause);
}
