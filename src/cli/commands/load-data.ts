/** Loads the data of a command and says what may be wrong with it. */
import { type DataOptions, type LoadedDataset, labelLines, loadDataset } from '../../data/index.js';

/** @throws RecdistillError as `loadDataset` */
export async function loadData(data: DataOptions, say: (text: string) => void): Promise<LoadedDataset> {
  const dataset = await loadDataset(data);
  for (const line of dataLines(data, dataset)) say(line);
  return dataset;
}

/** What a user should know of data before any work: what was left out, warnings, and how the names fit that they asked for. */
export function dataLines(data: Pick<DataOptions, 'labels'>, dataset: LoadedDataset): string[] {
  const labels = data.labels !== undefined && dataset.labelReport ? labelLines(dataset.labelReport) : [];
  return [...dataset.leftOut, ...warningLines(dataset), ...labels];
}

export const warningLines = ({ warnings }: LoadedDataset): string[] => warnings.map((text) => `WARNING: ${text}`);
