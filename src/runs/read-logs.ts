/** The logs of a run as later steps read them: whole and in order. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { hasPartialLine, readSealedLines } from '../formats/lines.js';
import { jobFiles, readFinishedResult } from './finished.js';
import { readRunManifest } from './run-folder.js';

type Line = Readonly<Record<string, unknown>>;

export interface RunLogs {
  /** One line for each event. */
  readonly events: readonly Line[];
  /** One line for each evaluation on valid. */
  readonly metrics: readonly Line[];
}

const HINT = 'Restore the file, or add --overwrite to make the run again.';

/**
 * The logs of a run folder. Lines are numbered, and have checksums in runs with `sealed`. The logs of a finished run end with its last epoch.
 * @throws RecdistillError `file-missing`, `read-failed`, `over-limit`, `artifact-damaged`
 */
export function readLogs(folder: string): RunLogs {
  const manifest = readRunManifest(folder);
  const ended = existsSync(join(folder, jobFiles.result)) ? readFinishedResult(folder).epochs : undefined;
  const log = (name: string): readonly Line[] => {
    const path = join(folder, name);
    const damaged = (problem: string): never => fail('artifact-damaged', { path, problem, hint: HINT });
    const lines = readSealedLines(path, manifest.sealed);
    const wrong = lines.findIndex((line, n) => line.seq !== n + 1);
    if (wrong >= 0) return damaged(`line ${wrong + 1} does not have the number ${wrong + 1}`);
    if (ended === undefined) return lines;
    if (hasPartialLine(path)) return damaged('its last line is not complete, although the run is finished');
    const last = lines.findLast(({ epoch }) => typeof epoch === 'number')?.epoch;
    // An import of rankings has no events.
    if (last !== ended && (name === METRICS || lines.length > 0 || manifest.kind === 'train'))
      return damaged(`it ends with epoch ${last ?? 'none'}; the run has ${ended}`);
    return lines;
  };
  return { events: log('events.jsonl'), metrics: log(METRICS) };
}

const METRICS = 'metrics.jsonl';
