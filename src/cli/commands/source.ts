/** Keeps standard input and pipes as files, because later commands read the data of a run again. */
import { join } from 'node:path';
import { type DataOptions, keepInput } from '../../data/index.js';
import type { Command, Given } from '../terminal/_command.js';
import { rowsOf } from '../terminal/flags.js';

export { portable } from '../../data/index.js';

type Sources = DataOptions['data'];
type Say = (text: string) => void;

/** Where standard input is kept, below the runs folder. */
const KEPT = '.stdin';

/**
 * The sources, with standard input and pipes copied to files below the runs folder. Runs record these files.
 * @throws RecdistillError as `keepInput`
 */
export async function keptSource(data: string, runs: string, say: Say): Promise<string>;
export async function keptSource(data: Sources | readonly string[], runs: string, say: Say): Promise<string | string[]>;
export async function keptSource(
  data: Sources | readonly string[],
  runs: string,
  say: Say,
): Promise<string | string[]> {
  const keep = async (source: string): Promise<string> => {
    const file = await keepInput(source, join(runs, KEPT));
    if (file === undefined) return source;
    say(`${source === '-' ? 'Standard input' : source} is kept as ${file}, for later commands.`);
    return file;
  };
  if (typeof data === 'string') return keep(data);
  const files: string[] = [];
  for (const source of data) files.push(await keep(source));
  return files;
}

/** The given flags of a command with a runs folder, with --data as in `keptSource`. */
export async function withKeptSource(command: Command, given: Given, say: Say): Promise<Given> {
  const { data, runs = 'runs' } = given.flags;
  const ofRuns = rowsOf(command.groups).some((row) => row.name === 'runs');
  if (!ofRuns || typeof runs !== 'string' || data === undefined || typeof data === 'boolean') return given;
  return { ...given, flags: { ...given.flags, data: await keptSource(data, runs, say) } };
}
