/** The registry of named public data sets: how to read them, where they come from, on which terms. */
import type { ColumnWishes } from './column-names.js';
import type { Format } from './readers/index.js';

export interface LabelSource {
  /** File name within the folder; `../name/file` looks into the folder of another data set beside it. */
  readonly file: string;
  /** `columns`: id, then the name in one or more columns. `lines`: line k is the name of item k, from 0. */
  readonly style: 'columns' | 'lines';
  /** A file of two columns that leads from our item ids to the ids of `file`. */
  readonly through?: string;
  /** Makes one readable name of the columns after the id. Default: joined by ` · `. */
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
  readonly columns?: ColumnWishes;
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

/** Tags and keywords of a paper as one short line: the keywords say most, the first tags place it. */
function paperName([tags = '', keywords = '']: readonly string[]): string {
  // A few words were garbled where the keywords were made; plain words are enough.
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
    title: 'CiteULike-t: 7,947 researchers and the papers they keep',
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
    title: 'CiteULike-a: 5,551 researchers and the papers they keep, with titles',
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
    // DE-RRD and HetComp number the items alike: by first appearance among users with five items or more.
    labels: { ...papers, through: '../citeulike-hetcomp-split/item_map.tsv' },
    ...CITEULIKE,
  },
  'citeulike-bd': {
    title:
      "CiteULike-t as BD prepares it; 4 % of train are its list counts taken as items: only to compare with BD's numbers",
    files: SPLIT_FILES,
    format: 'tsv',
    items: 'item_map.tsv',
    labels: { ...papers, through: 'item_map.tsv' },
    ...CITEULIKE,
  },
  foursquare: {
    title: 'Foursquare: 24,941 people and the places they went to',
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
    title: 'MovieLens latest small (October 2016): 100,004 ratings with times and titles',
    files: { any: ['ratings.csv', 'ratings.tsv'] },
    columns: { user: '1', item: '2', rating: '3', time: '4' },
    labels: { file: 'movies.csv', style: 'columns' },
    minUser: 5,
    terms:
      'Research use without endorsement; no commercial use without permission; redistribution only on the same terms.',
    citation: 'Harper and Konstan: The MovieLens datasets: history and context, ACM TiiS 5(4), 2015.',
  },
};
