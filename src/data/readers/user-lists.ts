/** Lists with user ids: each line is `<user> <item> <item> ...`, as in LightGCN's published data sets. Blank lines are ignored. */
import { linesOf } from '../duckdb.js';
import type { Read } from './_reader.js';

export const userLists: Read = async (_, { file }) => ({
  columns: [
    { name: 'user', sql: 'u' },
    { name: 'item', sql: 'i' },
  ],
  named: true,
  sql: `(SELECT words[1] AS u, unnest(words[2:]) AS i FROM (SELECT string_split_regex(trim(line), '\\s+') AS words FROM ${linesOf(file)}))`,
});
