/** Terms of use that go with what is made from a data set. */
import { catalog } from './catalog.js';

/**
 * On which terms a student that was made from this data may be used.
 * @param data as in the data options: a name, `synthetic...`, or a path
 */
export function licenceNote(data: string): string {
  if (Object.hasOwn(catalog, data)) {
    const { title, terms, citation } = catalog[data]!;
    return `Made from ${title}. Terms of the data: ${terms} Please cite: ${citation}`;
  }
  if (data.startsWith('synthetic')) return 'Made from synthetic data; no terms.';
  return 'Made from data of your own; its terms hold for the student, too.';
}
