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

/** On which terms a student that was made from this data may be used. */
export function licenceNote(data: string): string {
  if (Object.hasOwn(catalog, data)) {
    const { title, terms, citation } = catalog[data]!;
    return `Made from ${title}. Terms of the data: ${terms} Please cite: ${citation}`;
  }
  if (data.startsWith('synthetic')) return 'Made from synthetic data; no terms.';
  return 'Made from data of your own; its terms hold for the student, too.';
}
