/** Terms of use of a data set, which also apply to students made from it. */
import { catalog } from './catalog.js';

/**
 * The terms of use of a student made from this data.
 * @param data the data option: a name, `synthetic...`, or a path
 */
export function licenceNote(data: string): string {
  if (Object.hasOwn(catalog, data)) {
    const { title, terms, citation } = catalog[data]!;
    return `Made from ${title}. Terms of the data: ${terms} Please cite: ${citation}`;
  }
  if (data.startsWith('synthetic')) return 'Made from synthetic data, without terms of use.';
  return 'Made from your own data. Its terms of use also apply to the student.';
}
