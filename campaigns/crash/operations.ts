/** Wraps the functions of `node:fs` that change files, so that each call can be counted, copied or made to fail. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Call = (...args: unknown[]) => unknown;
export type Table = Record<string, Call>;
export type Args = readonly unknown[];

export interface Watcher {
  /** Called before an operation. An error that it throws becomes that of the operation. */
  before(name: string, args: Args): void;
  /** Called after an asynchronous operation. After a synchronous one nothing changes before the next one. */
  after?(name: string, args: Args): void;
}

const WRITES = fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC;
const opensForWriting = ([, flags = 'r']: Args): boolean =>
  typeof flags === 'number' ? (flags & WRITES) !== 0 : typeof flags === 'string' && /[wa+]/.test(flags);
/** Standard input, output and error are no files of the command. */
const ofFile = ([fd]: Args): boolean => typeof fd !== 'number' || fd > 2;
const always = (): boolean => true;

/** Operations by name, and whether a call changes a file. */
const OPERATIONS: Readonly<Record<string, (args: Args) => boolean>> = {
  ...{ open: opensForWriting, write: ofFile, writev: ofFile, writeFile: always, appendFile: always, fsync: ofFile },
  ...{ rename: always, link: always, symlink: always, unlink: always, rm: always, rmdir: always, mkdir: always },
  ...{ mkdtemp: always, copyFile: always, cp: always, truncate: always, ftruncate: always },
  ...{ utimes: always, futimes: always },
};
/** Methods of an open file, with the operation that each is. */
const HANDLE = { write: 'write', writev: 'writev', writeFile: 'writeFile', appendFile: 'appendFile', sync: 'fsync' };

/** The functions as they were before `watchOperations`. */
export const plain: typeof fs = { ...fs };

/** Within an operation that is watched already, or within work of the watcher. */
let inside = false;

/** Runs work of a watcher: its operations are not watched. */
export function aside(work: () => void): void {
  const outer = inside;
  inside = true;
  try {
    work();
  } finally {
    inside = outer;
  }
}

export async function watchOperations(watcher: Watcher): Promise<void> {
  const functions = fs as unknown as Table;
  const promises = fs.promises as unknown as Table;
  const handle = await handlePrototype();
  for (const [name, changes] of Object.entries(OPERATIONS)) {
    for (const [table, key, wrap] of [
      [functions, `${name}Sync`, synchronous],
      [functions, name, callback],
      [promises, name, promised],
    ] as const)
      if (typeof table[key] === 'function') table[key] = wrap(name, table[key], changes, watcher);
  }
  for (const [key, name] of Object.entries(HANDLE)) handle[key] = promised(name, handle[key]!, always, watcher);
  syncBuiltinESMExports();
}

type Changes = (args: Args) => boolean;

const synchronous = (name: string, original: Call, changes: Changes, watcher: Watcher): Call =>
  function (this: unknown, ...args) {
    if (inside || !changes(args)) return original.apply(this, args);
    watcher.before(name, args);
    // `writeFileSync` calls `openSync` and `writeSync`.
    inside = true;
    try {
      return original.apply(this, args);
    } finally {
      inside = false;
    }
  };

const callback = (name: string, original: Call, changes: Changes, watcher: Watcher): Call =>
  function (this: unknown, ...args) {
    const last = args.at(-1);
    if (inside || typeof last !== 'function' || !changes(args)) return original.apply(this, args);
    try {
      watcher.before(name, args);
    } catch (error) {
      return void setImmediate(() => last(error));
    }
    const done = (...results: unknown[]): void => {
      watcher.after?.(name, args);
      last(...results);
    };
    return original.apply(this, [...args.slice(0, -1), done]);
  };

export const promised = (name: string, original: Call, changes: Changes, watcher: Watcher): Call =>
  async function (this: unknown, ...args) {
    if (inside || !changes(args)) return original.apply(this, args);
    const shown = isHandle(this) ? [this.fd, ...args] : args;
    watcher.before(name, shown);
    const result = await original.apply(this, args);
    watcher.after?.(name, shown);
    return result;
  };

const isHandle = (value: unknown): value is { readonly fd: number } =>
  typeof value === 'object' && value !== null && 'fd' in value && typeof value.fd === 'number';

async function handlePrototype(): Promise<Table> {
  const file = await fs.promises.open(process.execPath);
  await file.close();
  return Object.getPrototypeOf(file) as Table;
}
