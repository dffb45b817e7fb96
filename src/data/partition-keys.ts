/** Columns in the names of folders, as Hive, Spark and DuckDB write them: `country=DE/date=2020-01-01/part-0.parquet`. */

/** What stands for a value that is missing. */
const MISSING = '__HIVE_DEFAULT_PARTITION__';

/**
 * The columns that the folders of a path stand for; '' where a value is missing.
 * @param path from the folder on that the user named: the folders above it are where somebody keeps data, and no columns
 */
export function keysOf(path: string): Record<string, string> {
  const folders = path.split(/[/\\]/).slice(0, -1);
  const pairs = folders.flatMap((folder) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(folder) ?? [];
    return name === undefined || value === undefined ? [] : [[decoded(name), value === MISSING ? '' : decoded(value)]];
  });
  return Object.fromEntries(pairs);
}

/** Signs that a path cannot have are written as %20. A name that only looks so stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
