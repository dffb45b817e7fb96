/** JSON values: options, and what run folders record. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** The value with its JSON type. @throws TypeError for other values, such as a function */
export function asJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === 'object') return jsonRecord(value);
  throw new TypeError(`a ${typeof value} is not a JSON value`);
}

/** The fields of an object with JSON types. Undefined fields are left out. */
export const jsonRecord = (value: object): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => (field === undefined ? [] : [[name, asJson(field)]])),
  );
