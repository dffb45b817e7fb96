/** Data options on their way from the command line into a run: later commands may start in another folder. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { catalog, type DataOptions } from '../data/index.js';

/** The same options with paths that do not depend on the working folder. */
export function portable(o: DataOptions): DataOptions {
  const isPath = !Object.hasOwn(catalog, o.data) && !o.data.startsWith('synthetic') && existsSync(o.data);
  return {
    ...o,
    ...(isPath ? { data: resolve(o.data) } : {}),
    ...(o.labels === undefined ? {} : { labels: resolve(o.labels) }),
  };
}
