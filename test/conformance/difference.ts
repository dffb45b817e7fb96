import type { Json, Result, Tolerance } from './_checker.js';

/** Given beside the expected values for information; need not be matched. */
const INFORMATIONAL = new Set([
  'official_as_coded_for_information',
  'official_BCELoss_as_coded',
  'third_party_loss',
  'clipped_torch_max_norm',
  'official_hetcomp_rounded4',
]);

/** Whole numbers below this are exact in float32 too. */
const EXACT_IN_FLOAT32 = 2 ** 24;

/**
 * Compares a result with what is expected, recursively; what is got beyond that does not matter.
 * @param path where in the tree `expected` stands, for the message
 * @returns the first difference in words, or undefined if there is none
 */
export function firstDifference(got: Result, expected: Json, tolerance: Tolerance, path = ''): string | undefined {
  const differs = (): string => `${path || '(all)'}: got ${show(got)}, expected ${show(expected)}`;
  if (expected === null) return isUndefinedHere(got) ? undefined : differs();
  if (typeof expected === 'number') {
    if (typeof got !== 'number') return differs();
    return isNear(got, expected, tolerance) ? undefined : `${differs()} (tolerance ${show({ ...tolerance })})`;
  }
  if (typeof expected !== 'object') return got === expected ? undefined : differs();
  if (isList(expected)) {
    const list = ArrayBuffer.isView(got) ? Array.from(got) : got;
    if (!Array.isArray(list)) return differs();
    if (list.length !== expected.length) {
      return `${path || '(all)'}: got ${list.length} entries, expected ${expected.length}`;
    }
    return first(expected, (value, index) => firstDifference(list[index], value, tolerance, `${path}[${index}]`));
  }
  if (!isRecord(got)) return differs();
  return first(Object.entries(expected), ([key, value]) =>
    INFORMATIONAL.has(key) ? undefined : firstDifference(got[key], value, tolerance, path ? `${path}.${key}` : key),
  );
}

function isNear(got: number, expected: number, { abs, rel }: Tolerance): boolean {
  // Ids, ranks and counts: a wide float32 tolerance must not let item 20,000 pass for item 20,001.
  const whole = Number.isInteger(got) && Number.isInteger(expected) && Math.abs(expected) < EXACT_IN_FLOAT32;
  return whole ? got === expected : Math.abs(got - expected) <= abs + rel * Math.abs(expected);
}

const isUndefinedHere = (got: Result): boolean => got === null || got === undefined || Number.isNaN(got);

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);

const isRecord = (got: Result): got is { readonly [key: string]: Result } =>
  typeof got === 'object' && got !== null && !Array.isArray(got) && !ArrayBuffer.isView(got);

function first<T>(list: readonly T[], ask: (value: T, index: number) => string | undefined): string | undefined {
  for (let index = 0; index < list.length; index++) {
    const answer = ask(list[index]!, index);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function show(value: Result): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(ArrayBuffer.isView(value) ? Array.from(value) : value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
