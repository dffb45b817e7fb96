/** Canonical JSON, so that equal values have equal hashes. */

const maxDepth = 100;

/**
 * The canonical form of a JSON value (RFC 8785): keys sorted by UTF-16 units, no spaces, numbers and strings as in
 * ECMAScript. Properties that are `undefined` are omitted, as in JSON.
 * @throws TypeError naming the path of a value that JSON cannot represent exactly: NaN, an infinity, a hole, a function,
 * a typed array
 */
export function canonicalJson(value: unknown): string {
  return spell(value, '', 0);
}

function spell(value: unknown, path: string, depth: number): string {
  if (depth > maxDepth) throw new TypeError(`${path.slice(0, 80)}... is nested deeper than ${maxDepth} levels`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (v: unknown, k) => spell(v, `${path}[${k}]`, depth + 1)).join(',')}]`;
  }
  if (isPlainObject(value)) {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    const parts = keys
      .sort()
      .map((k) => `${JSON.stringify(k)}:${spell(value[k], path ? `${path}.${k}` : k, depth + 1)}`);
    return `{${parts.join(',')}}`;
  }
  throw new TypeError(`${path || 'the value'} is ${describe(value)}, which JSON cannot represent exactly`);
}

/** True for an object literal or a result of JSON.parse. False for arrays, typed arrays, dates and class instances. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const describe = (value: unknown): string =>
  typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : String(value);
