/** Data options on their way from the command line into a run: later commands may start in another folder. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { catalog, type DataOptions } from '../data/index.js';

/** The same options with paths that do not depend on the working folder. */
export function portable(o: DataOptions): DataOptions {
  const absolute = (data: string) =>
    !Object.hasOwn(catalog, data) && !data.startsWith('synthetic') && existsSync(data) ? resolve(data) : data;
  return {
    ...o,
    data: typeof o.data === 'string' ? absolute(o.data) : o.data.map(absolute),
    ...(o.labels === undefined ? {} : { labels: resolve(o.labels) }),
  };
}
