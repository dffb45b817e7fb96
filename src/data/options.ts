/** The options of loading a data set, declared once. */
import {
  choice,
  flag,
  float,
  int,
  numbers,
  type OptionsOf,
  optionalFloat,
  optionalInt,
  optionalText,
  options,
  paths,
  text,
  words,
} from '../options/options.js';
import { unitOption } from '../options/unit-option.js';
import { type Format, type Reader, readerRegistry } from './readers/index.js';
import type { SplitRule } from './splits/_split.js';
import { type SplitName, splitRegistry } from './splits/index.js';

/** Texts that common programs write for a missing value. */
export const MISSING = [
  '',
  'null',
  '\\n',
  'nan',
  'nat',
  'none',
  'na',
  'n/a',
  '#n/a',
  '<na>',
  'nil',
  'undefined',
] as const;

export const dataOptions = options({
  data: paths({
    default: 'synthetic',
    help: "A named data set (see `recdistill data list`), synthetic:USERSxITEMSxINTERACTIONS, a file or a folder. For several files, give a pattern such as 'logs/*.csv' or repeat the option. - is standard input.",
  }),
  format: unitOption<Format | 'auto' | 'split', Reader>(readerRegistry, {
    default: 'auto',
    words: ['auto', 'split'],
    help: 'Format of the source. auto detects it by the file name: .csv .tsv .jsonl .parquet (text also .gz, .zst), users.dat, a folder with train, valid and test. Other text is inspected.',
  }),
  user: optionalText({
    help: 'Column of the user, by name or position from 1. Default: a well-known name, or without a header the first column.',
  }),
  item: optionalText({
    help: 'Column of the item, by name or position from 1. Default: a well-known name, or without a header the second column.',
  }),
  time: optionalText({
    help: 'Column of the time, by name or position from 1: a number since 1970, a date of eight digits, or ISO 8601 text. none ignores times.',
  }),
  rating: optionalText({
    help: 'Column of the rating, by name or position from 1. none means that there is no rating.',
  }),
  header: choice(['auto', 'yes', 'no'], {
    default: 'auto',
    help: 'Whether the first row of a CSV or TSV file is a header with column names.',
  }),
  weight: optionalText({
    help: 'Column of the weight of an interaction, such as a count or a play time (> 0), by name or position from 1. The weights of repeated pairs are summed. rows uses the number of rows of a pair. Weights are used by ials, ease and the sampling of positives. Default: all interactions have equal weight.',
  }),
  weightScale: choice(['none', 'log'], {
    default: 'none',
    help: 'Transformation of weights, after those of repeated pairs are summed. log: log2(1 + weight), which keeps 1 and damps large counts.',
  }),
  delimiter: optionalText({
    help: 'Delimiter of the fields of a text file: one or more characters, or the words tab or whitespace (runs of spaces and tabs). Default: detected from the first lines, if only one is possible.',
  }),
  quote: choice(['double', 'none'], {
    default: 'double',
    help: 'Whether double quotes enclose fields of a CSV or TSV file (double) or are ordinary characters (none).',
  }),
  encoding: text({
    default: 'auto',
    help: 'Character encoding of text files, such as utf-8, latin1, windows-1252, utf-16le. auto: UTF-16 if there is its byte order mark, else UTF-8.',
  }),
  decimal: choice(['.', ','], { default: '.', help: 'Decimal mark of ratings, weights and times.' }),
  where: optionalText({
    help: "Keep only rows that satisfy this condition, in DuckDB's SQL over the columns of the file, such as \"type = 'purchase'\".",
  }),
  explode: flag({
    default: false,
    help: 'Read a row whose item is a list (JSON, Parquet) as one row per element.',
  }),
  trim: flag({ default: false, help: 'Remove whitespace at both ends of ids.' }),
  missing: words({
    default: MISSING,
    help: 'Texts that mean a missing id, case-insensitive. Whitespace alone also means it. With an empty list, only empty text does.',
  }),
  badRows: choice(['fail', 'skip'], {
    default: 'fail',
    help: 'What to do with a row without a user or item, or with an invalid time, rating or weight: fail, or skip and count it.',
  }),
  timeUnit: choice(['auto', 's', 'ms', 'us', 'ns'], {
    default: 'auto',
    help: 'Unit of numeric times, counted from 1970. auto detects it by their size and rejects a column with mixed units.',
  }),
  timeFormat: optionalText({
    help: "Format of textual times, in DuckDB's strptime notation, such as %d.%m.%Y %H:%M. Default: ISO 8601, or numbers.",
  }),
  table: optionalText({ help: 'Table or view in a DuckDB database file, as name or schema.name.' }),
  minRating: optionalFloat({ help: 'Keep only interactions with at least this rating. Default: keep all.' }),
  minUser: optionalInt({
    min: 1,
    help: 'Drop users with fewer interactions. Default: that of the named data set, else 5. A ready split is not filtered.',
  }),
  minItem: optionalInt({
    min: 1,
    help: 'Drop items with fewer interactions. Default: that of the named data set, else 1. A ready split is not filtered.',
  }),
  core: choice(['once', 'k-core'], {
    default: 'once',
    help: 'How minUser and minItem apply: once to the counts of the source, or repeatedly until both hold (k-core).',
  }),
  split: unitOption<SplitName | 'auto' | 'given', SplitRule>(splitRegistry, {
    default: 'auto',
    words: ['auto', 'given'],
    help: 'How interactions are split into train, valid and test. auto: given for a ready split, else ratio. Any other choice pools a ready split and splits it again. With hash, an interaction that is held out stays held out when the data grows.',
  }),
  ratios: numbers({
    default: [0.6, 0.2, 0.2],
    min: 0,
    help: 'Shares of train, valid and test, summing to 1. For the splits ratio (of each user), hash and time (of all interactions) and users (of the users). 1,0,0 holds out nothing: nothing is evaluated, and training needs a fixed number of epochs.',
  }),
  foldInShare: float({
    default: 0.8,
    min: 0.01,
    max: 0.99,
    help: "Share of a held-out user's interactions that is given as history, for the split users; the rest is evaluated. At least one interaction is on each side.",
  }),
  validShare: float({
    default: 0.1,
    min: 0,
    max: 0.9,
    help: "Share of each user's train interactions that becomes valid if a ready split has no valid part. 0 means no valid part: training runs for all epochs and keeps the last one.",
  }),
  holdOut: choice(['random', 'latest'], {
    default: 'random',
    help: 'Which interactions of a user the splits ratio and leave-one-out hold out: random ones, or the latest (requires times).',
  }),
  splitSeed: int({ default: 0, help: 'Seed of the split. The same seed and data give the same split.' }),
  coldItems: choice(['auto', 'drop', 'keep'], {
    default: 'auto',
    help: 'What to do with valid and test interactions whose item has no train interactions. auto: keep in a ready split, drop otherwise.',
  }),
  unknownIds: choice(['fail', 'keep'], {
    default: 'fail',
    help: 'What to do if most users or items of valid or test do not occur in train, or occur there in a different notation: fail, or keep them.',
  }),
  hiddenShare: float({
    default: 0,
    min: 0,
    max: 0.9,
    help: "Share of each user's train interactions that is hidden from all training and used for evaluation (setup generalization). Each user keeps at least one.",
  }),
  labels: optionalText({
    help: 'A file of readable item names: CSV or TSV with id and name, or .txt with the name of item k on line k + 1.',
  }),
  labelsEncoding: text({
    default: 'auto',
    help: 'Character encoding of the labels file. auto: the same as encoding.',
  }),
});

/** Validated data options with defaults filled in. */
export type DataOptions = OptionsOf<typeof dataOptions>;
