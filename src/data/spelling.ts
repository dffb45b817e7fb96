/** Ids that look alike and are not the same: `5` and `5.0`, `a` and ` A`, `7` and `007`. */

/** An id without what programs add or lose on the way: blanks around it, signs that cannot be seen, case, leading zeros, a fraction of zeros. */
export const loosely = (id: string): string =>
  id
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase()
    .replace(/(\d)\.0+$/, '$1')
    .replace(/^(-?)0+(?=\d)/, '$1');

/** An id in quotes; where a sign of it cannot be seen, or `beside` looks the same, with codes for all that is not plain. */
export function visible(id: string, beside = ''): string {
  const quoted = JSON.stringify(id);
  const alike =
    beside !== '' && id.normalize('NFC').replace(/\p{Cf}/gu, '') === beside.normalize('NFC').replace(/\p{Cf}/gu, '');
  if (!alike && !/[\p{Cf}\p{Zs}]/u.test(id.replaceAll(' ', ''))) return quoted;
  return quoted.replace(/[^\x20-\x7e]/gu, (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`);
}

/** Ids that would be others, were they spelled alike. */
export interface Alike {
  readonly count: number;
  /** Two spellings of the first such id. */
  readonly example: readonly [string, string];
}

/** Those of `ids` that differ from one in `known` in spelling only; undefined if there is none. `known` has none of `ids`. */
export function alikeIn(ids: Iterable<string>, known: Iterable<string>): Alike | undefined {
  const spelled = new Map<string, string>();
  for (const id of known) spelled.set(loosely(id), id);
  let count = 0;
  let example: readonly [string, string] | undefined;
  for (const id of ids) {
    const other = spelled.get(loosely(id));
    if (other === undefined || other === id) continue;
    count += 1;
    example ??= [id, other];
  }
  return example && { count, example };
}

/** Ids of one list that differ from an earlier one in spelling only; undefined if there is none. */
export function alikeWithin(ids: readonly string[]): Alike | undefined {
  const spelled = new Map<string, string>();
  let count = 0;
  let example: readonly [string, string] | undefined;
  for (const id of ids) {
    const key = loosely(id);
    const other = spelled.get(key);
    if (other === undefined) spelled.set(key, id);
    else {
      count += 1;
      example ??= [other, id];
    }
  }
  return example && { count, example };
}

/** One sentence for users and one for items of which some differ in spelling only. */
export function spellingWarnings(source: {
  readonly users: readonly string[];
  readonly items: readonly string[];
}): string[] {
  return (['users', 'items'] as const).flatMap((what) => {
    const padded = source[what].filter((id) => id !== id.trim());
    if (padded.length * 2 > source[what].length) {
      const example = JSON.stringify(padded[0]);
      return [
        `${padded.length} of ${source[what].length} ids of ${what} begin or end with a blank, such as ${example}; --trim removes blanks`,
      ];
    }
    const fractions = source[what].filter((id) => /^\d+\.0+$/.test(id));
    if (fractions.length * 2 > source[what].length) {
      return [
        `${fractions.length} of ${source[what].length} ids of ${what} are whole numbers with a fraction of zeros, such as ${JSON.stringify(fractions[0])}: they were saved as numbers with a fraction, and are not the ids ${JSON.stringify(loosely(fractions[0]!))} of other files`,
      ];
    }
    const alike = alikeWithin(source[what]);
    if (!alike) return [];
    const [one, other] = alike.example;
    const [a, b] = [visible(one, other), visible(other, one)];
    const verb = alike.count === 1 ? 'differs' : 'differ';
    return [
      `${alike.count} of ${source[what].length} ${what} ${verb} from another one only by case, blanks, leading zeros, .0 or signs that cannot be seen, such as ${a} and ${b}; they are read as different ${what}`,
    ];
  });
}
