/** Values as JSON has them: what options are, and what run folders record. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The same value with its type. @throws TypeError for what JSON does not have, such as a function */
export function asJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === 'object') return jsonRecord(value);
  throw new TypeError(`a ${typeof value} is no JSON value`);
}

/** The fields of an object with their types; fields that are undefined are left out. */
export const jsonRecord = (value: object): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => (field === undefined ? [] : [[name, asJson(field)]])),
  );
