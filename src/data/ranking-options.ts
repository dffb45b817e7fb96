/** How a file of rankings is read, declared once. */
import { choice, type OptionsOf, optionalText, options, words } from '../options/options.js';
import { unitOption } from '../options/unit-option.js';
import { MISSING } from './options.js';
import { readerRegistry } from './readers/index.js';

export const rankingOptions = options({
  format: unitOption(readerRegistry, {
    default: 'auto',
    words: ['auto'],
    except: ['duckdb', 'lists', 'user-lists'],
    help: 'Format of the rankings. auto goes by the file name: .csv .tsv .jsonl .parquet (text also .gz, .zst).',
  }),
  user: optionalText({ help: 'Column of the user: its name, or its position from 1. Default: a well-known name.' }),
  item: optionalText({ help: 'Column of the item: its name, or its position from 1. Default: a well-known name.' }),
  rank: optionalText({ help: 'Column of the rank (1 = best), by name or position. Default: rank or position.' }),
  score: optionalText({ help: 'Column of the score (higher is better), by name or position, instead of a rank.' }),
  teacher: optionalText({
    help: 'Column that tells teachers apart, by name or position; none = the file has one teacher. Default: teacher or model.',
  }),
  checkpoint: optionalText({
    help: 'Column of the checkpoint, such as an epoch, by name or position; none = there is one. Default: checkpoint or epoch.',
  }),
  missing: words({ default: MISSING, help: 'Texts that mean that an id is missing.' }),
  header: choice(['auto', 'yes', 'no'], {
    default: 'auto',
    help: 'Whether the first row of a CSV or TSV file names the columns.',
  }),
});

/** Checked options of reading rankings, defaults filled in. */
export type RankingOptions = OptionsOf<typeof rankingOptions>;
