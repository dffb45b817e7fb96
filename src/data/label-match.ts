/** Matches a file of item names with the items of a data set. */
import { fail } from '../errors.js';
import { normalised } from './similar-ids.js';

/** The names of a file, assigned to items. */
export interface LabelMatch {
  readonly path: string;
  /** One name per item, `''` if the file has none. */
  readonly labels: readonly string[];
  /** Number of names whose id is not an item of the data set. */
  readonly unmatched: number;
  /** Number of ids with several names. The last name counts. */
  readonly repeated: number;
  /** An example of an item id and of an id in the file, if the file has any. */
  readonly examples?: { readonly item: string; readonly id: string };
  /** Items without a name whose id the file has in a different notation, with an example. */
  readonly near?: { readonly nItems: number; readonly item: string; readonly id: string };
}

/** A summary of the match, over the items that remain in the data set. */
export interface LabelReport extends Omit<LabelMatch, 'labels' | 'examples'> {
  readonly named: number;
  readonly nItems: number;
}

/** Below this share of named items, the file probably belongs to another data set. */
const FEW = 0.05;

/**
 * @param names names by id, in file order
 * @param idOf maps an item id to the id in the file
 * @param repeated number of ids with several names
 * @param header whether the first entry may be a header
 */
export function matchLabels(
  path: string,
  items: readonly string[],
  names: ReadonlyMap<string, string>,
  { idOf = (item: string) => item, header = true, repeated = 0 } = {},
): LabelMatch {
  const ids = items.map(idOf);
  const used = new Set(ids.filter((id) => names.has(id)));
  const others = [...names].flatMap(([id, name], at) =>
    name === '' || used.has(id) || (header && at === 0) ? [] : [id],
  );
  const [item, id] = [items[0], others[0]];
  return {
    path,
    labels: ids.map((own) => printable(names.get(own) ?? '')),
    unmatched: others.length,
    repeated,
    ...(item !== undefined && id !== undefined ? { examples: { item, id } } : {}),
    ...nearest(
      items.filter((_, at) => !used.has(ids[at]!)),
      others,
    ),
  };
}

/** Control characters could move the cursor of a terminal. */
const printable = (name: string): string => name.replace(/\p{Cc}+/gu, ' ').trim();

function nearest(items: readonly string[], ids: readonly string[]): Pick<LabelMatch, 'near'> {
  const known = new Map(ids.map((id) => [normalised(id), id]));
  const found = items.filter((item) => known.has(normalised(item)));
  const [item] = found;
  return item === undefined ? {} : { near: { nItems: found.length, item, id: known.get(normalised(item))! } };
}

/** @param labels names of the remaining items; @param nItems number of remaining items */
export function labelReport(
  { path, unmatched, repeated, near }: LabelMatch,
  labels: readonly string[],
  nItems: number,
): LabelReport {
  const named = labels.filter((label) => label !== '').length;
  return { path, named, nItems, unmatched: unmatched, repeated, ...(near ? { near } : {}) };
}

/** The summary in sentences, with a warning if few items have a name. */
export function labelLines({ path, named, nItems, unmatched, repeated, near }: LabelReport): string[] {
  const beside =
    unmatched === 0 ? '' : `; ${counted(unmatched, 'name')} in ${path} match${unmatched === 1 ? 'es' : ''} no item`;
  const have = `labels: ${thousands(named)} of ${counted(nItems, 'item')} ha${named === 1 ? 's' : 've'} a name${beside}`;
  const few = named < FEW * nItems;
  return [
    few ? `WARNING: few items have a name. ${have}` : have,
    ...(repeated > 0
      ? [`WARNING: ${path} has several names for ${counted(repeated, 'id')}; the last one is used`]
      : []),
    ...(near
      ? [
          `WARNING: ${counted(near.nItems, 'item')} without a name differ${near.nItems === 1 ? 's' : ''} from an id in ${path} only in notation, such as ${JSON.stringify(near.item)} in the data and ${JSON.stringify(near.id)} in the file`,
        ]
      : []),
  ];
}

/** @throws RecdistillError `bad-data` if no item has a name */
export function refuseUnmatched({ path, labels, examples, near }: LabelMatch): void {
  if (labels.some((label) => label !== '')) return;
  const pair = near ?? examples;
  const ids = pair
    ? ` The data has ids such as ${JSON.stringify(pair.item)}, the file ${JSON.stringify(pair.id)}.`
    : '';
  fail('bad-data', {
    path,
    problem: `names none of the ${counted(labels.length, 'item')} of the data`,
    hint: near
      ? `The ids differ only in notation.${ids} Write them exactly as in the data.`
      : `Expected the id of an item, exactly as in the data, then its name. In a .txt file, line k + 1 is the name of item k.${ids}`,
  });
}

const thousands = (n: number): string => n.toLocaleString('en-US');
const counted = (n: number, what: string): string => `${thousands(n)} ${what}${n === 1 ? '' : 's'}`;
