/** How well a file of names fits the items of a data set. */
import { fail } from '../errors.js';
import { loosely } from './spelling.js';

/** Names as a file has them, put to items. */
export interface LabelMatch {
  readonly path: string;
  /** One name for each item, `''` where the file has none. */
  readonly labels: readonly string[];
  /** Names of the file that belong to no item. */
  readonly strays: number;
  /** Ids that the file names in several ways; the last one counts. */
  readonly repeated: number;
  /** An id of an item and one of the file, if the file has any. */
  readonly examples?: { readonly item: string; readonly id: string };
  /** Items without a name whose id the file has in another spelling, with one of them. */
  readonly near?: { readonly nItems: number; readonly item: string; readonly id: string };
}

/** What is told of a match, for the items that a data set kept. */
export interface LabelReport extends Omit<LabelMatch, 'labels' | 'examples'> {
  readonly named: number;
  readonly nItems: number;
}

/** Below this share of items with a name, the file is probably about others. */
const FEW = 0.05;

/**
 * @param names names by id, in the order of the file
 * @param idOf the id by which the file knows an item
 * @param repeated ids that the file names in several ways
 * @param header whether the first entry may be the names of columns
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
    strays: others.length,
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
  const known = new Map(ids.map((id) => [loosely(id), id]));
  const found = items.filter((item) => known.has(loosely(item)));
  const [item] = found;
  return item === undefined ? {} : { near: { nItems: found.length, item, id: known.get(loosely(item))! } };
}

/** @param labels those of the items that were kept, if any item has one; @param items how many were kept */
export function labelReport(
  { path, strays, repeated, near }: LabelMatch,
  labels: readonly string[],
  nItems: number,
): LabelReport {
  const named = labels.filter((label) => label !== '').length;
  return { path, named, nItems, strays, repeated, ...(near ? { near } : {}) };
}

/** What there is to say of the names, in sentences; a file that hardly fits is warned of. */
export function labelLines({ path, named, nItems, strays, repeated, near }: LabelReport): string[] {
  const beside =
    strays === 0 ? '' : `; ${counted(strays, 'name')} of ${path} belong${strays === 1 ? 's' : ''} to no item`;
  const have = `labels: ${thousands(named)} of ${counted(nItems, 'item')} ha${named === 1 ? 's' : 've'} a name${beside}`;
  const few = named < FEW * nItems;
  return [
    few ? `WARNING: hardly any. ${have}` : have,
    ...(repeated > 0
      ? [`WARNING: ${path} has several names for ${counted(repeated, 'id')}; the last one of each is taken`]
      : []),
    ...(near
      ? [
          `WARNING: ${counted(near.nItems, 'item')} without a name differ${near.nItems === 1 ? 's' : ''} from an id of ${path} in spelling only, such as ${JSON.stringify(near.item)} of the data and ${JSON.stringify(near.id)} there`,
        ]
      : []),
  ];
}

/** @throws RecdistillError `bad-data` if no item has a name */
export function refuseStrangers({ path, labels, examples, near }: LabelMatch): void {
  if (labels.some((label) => label !== '')) return;
  const pair = near ?? examples;
  const ids = pair
    ? ` The data has ids such as ${JSON.stringify(pair.item)}, the file ${JSON.stringify(pair.id)}.`
    : '';
  fail('bad-data', {
    path,
    problem: `names none of the ${counted(labels.length, 'item')} of the data`,
    hint: near
      ? `The ids differ in spelling only.${ids} Spell them as the data does.`
      : `Expected the id of an item first, spelled as in the data, then its name; in a .txt file the name of item k on line k + 1.${ids}`,
  });
}

const thousands = (n: number): string => n.toLocaleString('en-US');
const counted = (n: number, what: string): string => `${thousands(n)} ${what}${n === 1 ? '' : 's'}`;
