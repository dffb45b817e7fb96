/** Makes data options independent of the working directory, for storage in a run. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { catalog } from './catalog.js';
import { isPattern } from './matching-files.js';
import type { DataOptions } from './options.js';

/** The same options with absolute paths. */
export function portable(o: DataOptions): DataOptions {
  const isName = (data: string) => Object.hasOwn(catalog, data) || data.startsWith('synthetic');
  const absolute = (data: string) => (!isName(data) && (existsSync(data) || isPattern(data)) ? resolve(data) : data);
  return {
    ...o,
    data: typeof o.data === 'string' ? absolute(o.data) : o.data.map(absolute),
    ...(o.labels === undefined ? {} : { labels: resolve(o.labels) }),
  };
}
