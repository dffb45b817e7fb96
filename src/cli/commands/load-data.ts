/** Loads the data of a command and shows its warnings. */
import { count, type DataOptions, type LoadedDataset, labelLines, loadDataset } from '../../data/index.js';
import { formatCount } from '../../report/format.js';

/** Milliseconds of loading without a message. */
const SILENT_MS = 250;

/** @throws RecdistillError as `loadDataset` */
export async function loadData(data: DataOptions, say: (text: string) => void): Promise<LoadedDataset> {
  const dataset = await sayingSo(data, say, () => loadDataset(data));
  for (const line of dataLines(data, dataset)) say(line);
  return dataset;
}

/** Says what is read if it takes long. */
export async function sayingSo<T>(
  { data }: Pick<DataOptions, 'data'>,
  say: (text: string) => void,
  load: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => say(readingLine(data)), SILENT_MS);
  try {
    return await load();
  } finally {
    clearTimeout(timer);
  }
}

/** Says what is read, or the first of several files. */
export function readingLine(data: DataOptions['data']): string {
  const names = [data].flat();
  return `Reading ${names[0]}${names.length > 1 ? ` and ${names.length - 1} more` : ''} ...`;
}

/** Messages on loaded data: excluded rows, warnings, and item names that match. */
export function dataLines(data: Pick<DataOptions, 'labels'>, dataset: LoadedDataset): string[] {
  const labels = data.labels !== undefined && dataset.labelReport ? labelLines(dataset.labelReport) : [];
  return [...dataset.leftOut, ...warningLines(dataset), ...labels];
}

/** The size of a data set in a sentence. */
export const sizeLine = ({ name, train }: LoadedDataset): string =>
  `${name}: ${formatCount(train.nUsers)} users, ${formatCount(train.nItems)} items, ${formatCount(count(train))} train interactions.`;

export const warningLines = ({ warnings }: LoadedDataset): string[] => warnings.map((text) => `WARNING: ${text}`);
