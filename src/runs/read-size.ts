/** How much it takes to read a run. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { jobFiles } from './finished.js';

/** Rankings for test and those of a trajectory of usual length. */
const FILES = 6;

/** Bytes of the rankings of a finished run, about. 0 if it has none. */
export function readSize(run: string): number {
  return FILES * (statSync(join(run, jobFiles.rankings), { throwIfNoEntry: false })?.size ?? 0);
}
