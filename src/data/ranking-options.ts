/** The options of reading a file of rankings, declared once. */
import { choice, type OptionsOf, optionalText, options, words } from '../options/options.js';
import { unitOption } from '../options/unit-option.js';
import { MISSING } from './options.js';
import { type Format, type Reader, readerRegistry } from './readers/index.js';

export const rankingOptions = options({
  format: unitOption<'auto' | Exclude<Format, 'duckdb' | 'lists' | 'user-lists'>, Reader>(readerRegistry, {
    default: 'auto',
    words: ['auto'],
    except: ['duckdb', 'lists', 'user-lists'],
    help: 'Format of the rankings. auto detects it by the file name: .csv .tsv .jsonl .parquet (text also .gz, .zst).',
  }),
  user: optionalText({ help: 'Column of the user, by name or position from 1. Default: a well-known name.' }),
  item: optionalText({ help: 'Column of the item, by name or position from 1. Default: a well-known name.' }),
  rank: optionalText({ help: 'Column of the rank (1 = best), by name or position from 1. Default: rank or position.' }),
  score: optionalText({
    help: 'Column of the score (higher is better), by name or position from 1, instead of a rank.',
  }),
  teacher: optionalText({
    help: 'Column with the name of the teacher, by name or position from 1. none means one teacher. Default: teacher or model.',
  }),
  checkpoint: optionalText({
    help: 'Column of the checkpoint, such as an epoch, by name or position from 1. none means one checkpoint. Default: checkpoint or epoch.',
  }),
  missing: words({ default: MISSING, help: 'Texts that mean a missing id.' }),
  header: choice(['auto', 'yes', 'no'], {
    default: 'auto',
    help: 'Whether the first row of a CSV or TSV file is a header with column names.',
  }),
});

/** Validated options of reading rankings, with defaults filled in. */
export type RankingOptions = OptionsOf<typeof rankingOptions>;
