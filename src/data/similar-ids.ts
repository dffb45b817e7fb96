/** Detects ids that probably mean the same but are written differently: `5` and `5.0`, `a` and ` A`, `7` and `007`. */

/** An id normalised against common conversions: surrounding whitespace, invisible characters, case, leading zeros, `.0`. */
export const normalised = (id: string): string =>
  id
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase()
    .replace(/(\d)\.0+$/, '$1')
    .replace(/^(-?)0+(?=\d)/, '$1');

/** An id in quotes. If it has invisible characters, or looks like `beside`, special characters are shown as codes. */
export function visible(id: string, beside = ''): string {
  const quoted = JSON.stringify(id);
  const alike =
    beside !== '' && id.normalize('NFC').replace(/\p{Cf}/gu, '') === beside.normalize('NFC').replace(/\p{Cf}/gu, '');
  if (!alike && !/[\p{Cf}\p{Zs}]/u.test(id.replaceAll(' ', ''))) return quoted;
  return quoted.replace(/[^\x20-\x7e]/gu, (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`);
}

/** Ids that would be equal to others in a common notation. */
export interface Alike {
  readonly count: number;
  /** The first such id in both notations. */
  readonly example: readonly [string, string];
}

/** The members of `ids` that differ from one of `known` only in notation. Undefined if there are none. No id is in both. */
export function alikeIn(ids: Iterable<string>, known: Iterable<string>): Alike | undefined {
  const spelled = new Map<string, string>();
  for (const id of known) spelled.set(normalised(id), id);
  let count = 0;
  let example: readonly [string, string] | undefined;
  for (const id of ids) {
    const other = spelled.get(normalised(id));
    if (other === undefined || other === id) continue;
    count += 1;
    example ??= [id, other];
  }
  return example && { count, example };
}

/** Ids of one list that differ from an earlier one only in notation. Undefined if there are none. */
export function alikeWithin(ids: readonly string[]): Alike | undefined {
  const spelled = new Map<string, string>();
  let count = 0;
  let example: readonly [string, string] | undefined;
  for (const id of ids) {
    const key = normalised(id);
    const other = spelled.get(key);
    if (other === undefined) spelled.set(key, id);
    else {
      count += 1;
      example ??= [other, id];
    }
  }
  return example && { count, example };
}

/** Warnings about users and items that differ from others only in notation. */
export function spellingWarnings(source: {
  readonly users: readonly string[];
  readonly items: readonly string[];
}): string[] {
  return (['users', 'items'] as const).flatMap((what) => {
    const padded = source[what].filter((id) => id !== id.trim());
    if (padded.length * 2 > source[what].length) {
      const example = JSON.stringify(padded[0]);
      return [
        `${padded.length} of ${source[what].length} ids of ${what} begin or end with whitespace, such as ${example}; --trim removes it`,
      ];
    }
    const fractions = source[what].filter((id) => /^\d+\.0+$/.test(id));
    if (fractions.length * 2 > source[what].length) {
      return [
        `${fractions.length} of ${source[what].length} ids of ${what} end with .0, such as ${JSON.stringify(fractions[0])}: whole numbers were probably saved as floats, and do not match ids such as ${JSON.stringify(normalised(fractions[0]!))} in other files`,
      ];
    }
    const alike = alikeWithin(source[what]);
    if (!alike) return [];
    const [one, other] = alike.example;
    const [a, b] = [visible(one, other), visible(other, one)];
    const verb = alike.count === 1 ? 'differs' : 'differ';
    return [
      `${alike.count} of ${source[what].length} ${what} ${verb} from another one only by case, whitespace, leading zeros, .0 or invisible characters, such as ${a} and ${b}; they are read as different ${what}`,
    ];
  });
}
