/** The registry of named public data sets: how to read them, their source and their terms of use. */
import type { ColumnOptions } from './column-names.js';
import type { Format } from './readers/index.js';

export interface LabelSource {
  /** File name within the folder. `../name/file` is a file of a sibling data set. */
  readonly file: string;
  /** `columns`: id, then the name in one or more columns. `lines`: line k is the name of item k, from 0. */
  readonly style: 'columns' | 'lines';
  /** A file of two columns that maps our item ids to the ids in `file`. */
  readonly through?: string;
  /** Combines the columns after the id into one readable name. Default: joined by ` · `. */
  readonly name?: (fields: readonly string[]) => string;
}

export interface Download {
  readonly file: string;
  readonly url: string;
  /** SHA-256 (hex) of the file. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface CatalogEntry {
  readonly title: string;
  /** Folder within `$RECDISTILL_DATA` and the cache; default: the name. */
  readonly folder?: string;
  /** One file of interactions (the first that exists), or the three files of a ready split. */
  readonly files:
    | { readonly any: readonly string[] }
    | { readonly train: string; readonly valid: string; readonly test: string };
  readonly format?: Format;
  readonly columns?: ColumnOptions;
  /** A file whose first column lists every item, also those without interactions. */
  readonly items?: string;
  readonly labels?: LabelSource;
  /** Default of the option minUser. */
  readonly minUser?: number;
  readonly terms: string;
  readonly citation: string;
  readonly download?: Download;
}

const CITEULIKE = {
  terms: 'No licence is stated; research use, with citation.',
  citation:
    'Wang, Chen and Li: Collaborative topic regression with social regularization for tag recommendation, IJCAI 2013.',
};
const FOURSQUARE = {
  terms: 'No licence is stated; the terms of the origin were not seen. Treat as research-only and do not redistribute.',
  citation: 'Ma, Zhang, Wang and Liu: Point-of-interest recommendation (SAE-NAD), CIKM 2018.',
};
const YELP = {
  terms: 'No licence is stated; the terms of Yelp apply. Treat as research-only and do not redistribute.',
  citation: 'Lee, Kang, Kweon and Yu: Continual collaborative distillation for recommender system, KDD 2024.',
};

/** One short line from the keywords and the first tags of a paper. The keywords describe it best. */
function paperName([tags = '', keywords = '']: readonly string[]): string {
  // Some keywords are garbled in the source. Only plain words are used.
  const plain = keywords.split(' ').filter((word) => /^[\p{L}\p{N}-]+$/u.test(word));
  const words = [...new Set(plain)].slice(0, 5).join(' ');
  const places = tags.split(', ').filter(Boolean).slice(0, 3).join(', ');
  return words && places ? `${words} (${places})` : words || places;
}

const papers: LabelSource = { file: '../citeulike-t/item_labels.tsv', style: 'columns', name: paperName };
const places: LabelSource = {
  file: '../foursquare/Foursquare_poi_coos.txt',
  style: 'columns',
  name: (fields) => `place at ${fields.join(', ')}`,
};
const SPLIT_FILES = { train: 'train.tsv', valid: 'valid.tsv', test: 'test.tsv' };

const yelp = (task: number): CatalogEntry => ({
  title: `Yelp, block ${task} of six in time order`,
  folder: 'ccd-yelp',
  files: { train: `task${task}_train.tsv`, valid: `task${task}_valid.tsv`, test: `task${task}_test.tsv` },
  format: 'tsv',
  ...YELP,
});

export const catalog: Readonly<Record<string, CatalogEntry>> = {
  'citeulike-t': {
    title: 'CiteULike-t: 7,947 researchers and the papers in their libraries',
    files: { any: ['users.dat', 'interactions.tsv'] },
    labels: { ...papers, file: 'item_labels.tsv' },
    minUser: 5,
    ...CITEULIKE,
    download: {
      file: 'users.dat',
      url: 'https://raw.githubusercontent.com/js05212/citeulike-t/master/users.dat',
      sha256: '02d5d429b2c0362e0ed79f6ef204666b4092563d21493abf4dfb521e8a7078bf',
      bytes: 770_649,
    },
  },
  'citeulike-a': {
    title: 'CiteULike-a: 5,551 researchers and the papers in their libraries, with titles',
    files: { any: ['users.dat', 'interactions.tsv'] },
    labels: { file: 'titles.txt', style: 'lines' },
    minUser: 5,
    ...CITEULIKE,
  },
  'citeulike-hetcomp-split': {
    title: "CiteULike-t as HetComp splits it (60/20/20 per user, seed 0): the benchmark of HetComp's paper",
    files: SPLIT_FILES,
    format: 'tsv',
    items: 'item_map.tsv',
    labels: { ...papers, through: 'item_map.tsv' },
    ...CITEULIKE,
  },
  'citeulike-derrd': {
    title: 'CiteULike-t as DE-RRD splits it (leave two out at random)',
    files: SPLIT_FILES,
    format: 'tsv',
    // DE-RRD and HetComp use the same item numbering: by first appearance among users with at least five items.
    labels: { ...papers, through: '../citeulike-hetcomp-split/item_map.tsv' },
    ...CITEULIKE,
  },
  'citeulike-bd': {
    title:
      "CiteULike-t as prepared for BD. 4 % of its train interactions are list lengths read as items by mistake. Use it only to compare with BD's published results",
    files: SPLIT_FILES,
    format: 'tsv',
    items: 'item_map.tsv',
    labels: { ...papers, through: 'item_map.tsv' },
    ...CITEULIKE,
  },
  foursquare: {
    title: 'Foursquare: 24,941 people and the places they visited',
    files: { any: ['users.dat', 'interactions.tsv'] },
    labels: { ...places, file: 'Foursquare_poi_coos.txt' },
    minUser: 5,
    ...FOURSQUARE,
  },
  'foursquare-hetcomp-split': {
    title: 'Foursquare as HetComp splits it (60/20/20 per user, seed 0)',
    files: SPLIT_FILES,
    format: 'tsv',
    items: 'item_map.tsv',
    labels: { ...places, through: 'item_map.tsv' },
    ...FOURSQUARE,
  },
  'ccd-yelp-task0': yelp(0),
  'ccd-yelp-task1': yelp(1),
  'ccd-yelp-task2': yelp(2),
  'ccd-yelp-task3': yelp(3),
  'ccd-yelp-task4': yelp(4),
  'ccd-yelp-task5': yelp(5),
  'ml-latest-small': {
    title: 'MovieLens latest small (October 2016): 100,004 ratings with timestamps and titles',
    files: { any: ['ratings.csv', 'ratings.tsv'] },
    columns: { user: '1', item: '2', rating: '3', time: '4' },
    labels: { file: 'movies.csv', style: 'columns' },
    minUser: 5,
    terms:
      'Research use without endorsement; no commercial use without permission; redistribution only on the same terms.',
    citation: 'Harper and Konstan: The MovieLens datasets: history and context, ACM TiiS 5(4), 2015.',
  },
};
