export { absentUser } from './absent-user.js';
export { type CatalogEntry, catalog } from './catalog.js';
export { type ExternalRankings, type ExternalTeacher, readExternalRankings } from './external.js';
export { ratedAtLeast, rowsOfUsers, withMinimum } from './filters.js';
export { finalDataset, holdsOut } from './final.js';
export { digestOf, fingerprintOf } from './fingerprint.js';
export { hideInteractions } from './hide.js';
export { canonicalOrder, idMap } from './ids.js';
export { type DatasetStatistics, inspect } from './inspect.js';
export * from './interactions.js';
export { entriesIn, keptInTrain, type MovedToTrain, pairsIn, type TrainedPairs } from './keep-in-train.js';
export { type LabelMatch, type LabelReport, labelLines, labelReport } from './label-match.js';
export { readItemLabels } from './labels.js';
export { type LeakageFinding, leakageReport } from './leakage.js';
export { type LoadedDataset, loadDataset, loadRows, type ReadPairs, type RowOptions, readPairs } from './load.js';
export { cacheFolder, type DatasetLocation, getDataset, locate } from './locate.js';
export { isPattern } from './matching-files.js';
export { type DataOptions, dataOptions } from './options.js';
export { type PairOptions, pairOptions } from './pair-options.js';
export { groupOfItems, popularityGroups } from './popularity-groups.js';
export { portable } from './portable.js';
export { type RankingOptions, rankingOptions } from './ranking-options.js';
export type * from './ranking-report.js';
export * from './rankings.js';
export {
  type Column as ReadColumn,
  type Format,
  type Reader,
  type ReadRequest,
  reader,
  readerOf,
  readerRegistry,
  readers,
  type Table as ReadTable,
} from './readers/index.js';
export type { Row } from './rows.js';
export { keepInput } from './saved-input.js';
export { isWrittenSplit, readSplitFiles } from './split-manifest.js';
export { type Parts, type Split, type SplitRule, type SplitSpec, splitRule } from './splits/_split.js';
export { type SplitName, splitRegistry, splitRuleOf, splits } from './splits/index.js';
export {
  openDataset,
  openStored,
  type PartName,
  readStored,
  type StoredData,
  storeDataset,
  storedDataFolder,
  storedFolderOf,
  verifyStoredData,
} from './stored/index.js';
export { onWaiting } from './stream-input.js';
export { type SyntheticSpec, synthesize } from './synthetic.js';
export { licenceNote } from './terms.js';
export * from './trajectory.js';
export { checkRankingsName, type NamedLists, writeRankingsTable } from './write-rankings.js';
export { partSizes, writeSplit } from './write-split.js';
