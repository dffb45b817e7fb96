type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that are not undefined, for objects in which an optional field is either given or absent. */
export const defined = <T extends object>(fields: T): Defined<T> =>
  Object.assign({}, ...Object.entries(fields).map(([name, value]) => (value === undefined ? {} : { [name]: value })));
