/** Everything that decides how a data set is loaded, declared once. */
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
import { readerRegistry } from './readers/index.js';
import { splitRegistry } from './splits/index.js';

/** Texts that programs write where there is no value. */
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
    help: "A named data set (see `recdistill data list`), synthetic:USERSxITEMSxINTERACTIONS, or the path of a file or folder; several files: a pattern such as 'logs/*.csv', or the option repeated; - is standard input.",
  }),
  format: unitOption(readerRegistry, {
    default: 'auto',
    words: ['auto', 'split'],
    help: 'Format of the source. auto goes by the file name: .csv .tsv .jsonl .parquet (text also .gz, .zst), users.dat, a folder with train, valid and test; other text is looked into.',
  }),
  user: optionalText({
    help: 'Column of the user: its name, or its position from 1. Default: a well-known name; without header the first column.',
  }),
  item: optionalText({
    help: 'Column of the item: its name, or its position from 1. Default: a well-known name; without header the second column.',
  }),
  time: optionalText({
    help: 'Column of the time (a number since 1970, a date of eight digits, or ISO 8601 text), by name or position from 1; none = ignore times.',
  }),
  rating: optionalText({ help: 'Column of the rating, by name or position from 1; none = there is no rating.' }),
  header: choice(['auto', 'yes', 'no'], {
    default: 'auto',
    help: 'Whether the first row of a CSV or TSV file names the columns.',
  }),
  weight: optionalText({
    help: 'Column of the strength of an interaction, such as a count or a play time (> 0), by name or position from 1; the weights of repeated pairs add up. rows = the number of rows of a pair. Used by ials, ease and the sampling of positives. Default: every interaction counts the same.',
  }),
  weightScale: choice(['none', 'log'], {
    default: 'none',
    help: 'What weights become, after those of repeated pairs are added up. log: log2(1 + weight), which keeps 1 as it is and holds back large counts.',
  }),
  delimiter: optionalText({
    help: 'What divides the fields of a text file: a character or more, or the words tab or blank (runs of spaces and tabs). Default: found by looking at the first lines, where only one is possible.',
  }),
  quote: choice(['double', 'none'], {
    default: 'double',
    help: 'Whether double quotes enclose fields of a CSV or TSV file (double), or are characters like any other (none).',
  }),
  encoding: text({
    default: 'auto',
    help: 'Character encoding of text files, such as utf-8, latin1, windows-1252, utf-16le. auto: UTF-16 by its byte order mark, else UTF-8.',
  }),
  decimal: choice(['.', ','], { default: '.', help: 'Decimal mark of ratings, weights and times.' }),
  where: optionalText({
    help: "Keep only rows for which this condition holds, in DuckDB's SQL over the columns of the file, such as \"type = 'purchase'\".",
  }),
  explode: flag({
    default: false,
    help: 'Read a row whose item is a list (JSON, Parquet) as one row for each element of the list.',
  }),
  trim: flag({ default: false, help: 'Remove blanks at both ends of ids.' }),
  missing: words({
    default: MISSING,
    help: 'Texts that mean that an id is missing, in upper or lower case; so do blanks only. An empty list leaves the empty text.',
  }),
  badRows: choice(['fail', 'skip'], {
    default: 'fail',
    help: 'What happens at a row without a user or an item, or with a time, rating or weight that cannot be read: fail, or skip and count it.',
  }),
  timeUnit: choice(['auto', 's', 'ms', 'us', 'ns'], {
    default: 'auto',
    help: 'Unit of times that are numbers, counted from 1970. auto goes by their size, and refuses a column in which units are mixed.',
  }),
  timeFormat: optionalText({
    help: "Format of times that are text, in DuckDB's strptime notation, such as %d.%m.%Y %H:%M. Default: ISO 8601, or numbers.",
  }),
  table: optionalText({ help: 'Table or view of a DuckDB database file, as name or schema.name.' }),
  minRating: optionalFloat({ help: 'Keep only interactions rated at least this. Default: keep all.' }),
  minUser: optionalInt({
    min: 1,
    help: 'Drop users with fewer interactions. Default: what the named data set says, else 5; a ready split is kept as it is.',
  }),
  minItem: optionalInt({
    min: 1,
    help: 'Drop items with fewer interactions. Default: what the named data set says, else 1; a ready split is kept as it is.',
  }),
  core: choice(['once', 'k-core'], {
    default: 'once',
    help: 'How minUser and minItem apply: once on the counts of the source, or again and again until both hold (k-core).',
  }),
  split: unitOption(splitRegistry, {
    default: 'auto',
    words: ['auto', 'given'],
    help: 'How interactions become train, valid and test. auto: given for a ready split, else ratio. Any other choice pools a ready split and splits anew.',
  }),
  ratios: numbers({
    default: [0.6, 0.2, 0.2],
    min: 0,
    help: 'Shares of train, valid and test; they sum to 1. For the splits ratio (of each user) and time (of all interactions).',
  }),
  validShare: float({
    default: 0.1,
    min: 0,
    max: 0.9,
    help: "Share of each user's train interactions that becomes valid where a ready split has none. 0 = no valid: training ends after its epochs, and the last one is kept.",
  }),
  holdOut: choice(['random', 'latest'], {
    default: 'random',
    help: 'Which interactions of a user the splits ratio and leave-one-out hold out: random ones, or the latest (needs times).',
  }),
  splitSeed: int({ default: 0, help: 'Seed of the split; the same seed and data give the same split.' }),
  coldItems: choice(['auto', 'drop', 'keep'], {
    default: 'auto',
    help: 'What happens to valid and test interactions with items that train lacks. auto: keep in a ready split, drop otherwise.',
  }),
  unknownIds: choice(['fail', 'keep'], {
    default: 'fail',
    help: 'What happens when most users or items of valid or test do not occur in train, or differ from those of train only in spelling: fail, or keep them.',
  }),
  hiddenShare: float({
    default: 0,
    min: 0,
    max: 0.9,
    help: "Share of each user's train interactions that is hidden from all training, to be judged by: the setup generalization. A user keeps at least one.",
  }),
  labels: optionalText({
    help: 'A file of readable item names: CSV or TSV with id, name; or .txt with the name of item k on line k + 1.',
  }),
  labelsEncoding: text({
    default: 'auto',
    help: 'Character encoding of the file of labels. auto: as encoding.',
  }),
});

/** Checked options of loading, defaults filled in. */
export type DataOptions = OptionsOf<typeof dataOptions>;
