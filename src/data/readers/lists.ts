/** `users.dat` lists: line k holds the items of user k (from 0) as `<count> <item> <item> ...`. */
import { fail } from '../../errors.js';
import { linesOf } from '../duckdb.js';
import type { Read } from './_reader.js';

export const lists: Read = async (db, { file }) => {
  const words = `(SELECT row_number() OVER () AS k, string_split_regex(trim(line), '\\s+') AS words FROM ${linesOf(file)})`;
  const wrong = await db.read(
    file,
    `SELECT k, words[1][:40], len(words) - 1 FROM ${words} WHERE try_cast(words[1] AS BIGINT) IS DISTINCT FROM len(words) - 1 ` +
      'ORDER BY k LIMIT 1',
  );
  if (wrong[0]) {
    const [line, given, items] = wrong[0].map(String);
    fail('bad-data', {
      path: file.shown,
      problem: `list ${line} starts with ${JSON.stringify(given)} and has ${items} items; it must start with its number of items`,
      hint: 'Expected lines such as "3 17 42 99". Choose another --format if this is not a list file.',
    });
  }
  return {
    columns: [
      { name: 'user', sql: 'u' },
      { name: 'item', sql: 'i' },
    ],
    named: true,
    sql: `(SELECT (k - 1)::VARCHAR AS u, unnest(words[2:]) AS i FROM ${words})`,
  };
};
