/** Everything that decides how a data set is loaded, declared once. */
import {
  choice,
  float,
  int,
  numbers,
  type OptionsOf,
  optionalFloat,
  optionalInt,
  optionalText,
  options,
  text,
} from '../config/options.js';

export const dataOptions = options({
  data: text({
    default: 'synthetic',
    help: 'A named data set (see `recdistill data list`), synthetic:USERSxITEMSxINTERACTIONS, or the path of a file or folder.',
  }),
  format: choice(['auto', 'csv', 'tsv', 'jsonl', 'parquet', 'lists', 'user-lists', 'split'], {
    default: 'auto',
    help: 'Format of the source. auto goes by the file name: .csv .tsv .jsonl .parquet (text also .gz, .zst), users.dat, a folder with train, valid and test; other text is looked into.',
  }),
  user: optionalText({
    help: 'Column of the user: its name, or its position from 1. Default: a well-known name; without header the first column.',
  }),
  item: optionalText({
    help: 'Column of the item: its name, or its position from 1. Default: a well-known name; without header the second column.',
  }),
  time: optionalText({
    help: 'Column of the time (Unix seconds or milliseconds, or ISO 8601 date), by name or position from 1; none = ignore times.',
  }),
  rating: optionalText({ help: 'Column of the rating, by name or position from 1; none = there is no rating.' }),
  header: choice(['auto', 'yes', 'no'], {
    default: 'auto',
    help: 'Whether the first row of a CSV or TSV file names the columns.',
  }),
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
  split: choice(['auto', 'ratio', 'leave-one-out', 'time', 'given'], {
    default: 'auto',
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
  hiddenShare: float({
    default: 0,
    min: 0,
    max: 0.9,
    help: "Share of each user's train interactions that is hidden from all training, to be judged by: the setup generalization. A user keeps at least one.",
  }),
  labels: optionalText({
    help: 'A file of readable item names: CSV or TSV with id, name; or .txt with the name of item k on line k + 1.',
  }),
});

/** Checked options of loading, defaults filled in. */
export type DataOptions = OptionsOf<typeof dataOptions>;
