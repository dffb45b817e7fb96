/** Columns in folder names, as Hive, Spark and DuckDB write them: `country=DE/date=2020-01-01/part-0.parquet`. */

/** The folder value that means a missing value. */
const MISSING = '__HIVE_DEFAULT_PARTITION__';

/**
 * The columns in the folder names of a path. `''` is a missing value.
 * @param path relative to the given folder. The folders above it are not columns
 */
export function keysOf(path: string): Record<string, string> {
  const folders = path.split(/[/\\]/).slice(0, -1);
  const pairs = folders.flatMap((folder) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(folder) ?? [];
    return name === undefined || value === undefined ? [] : [[decoded(name), value === MISSING ? '' : decoded(value)]];
  });
  return Object.fromEntries(pairs);
}

/** Decodes percent escapes such as %20. Text that is not a valid escape is returned unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
