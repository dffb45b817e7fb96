/** The threads, memory and arithmetic of a command that may continue runs. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ArithmeticWord, wordOf } from '../../kernels/index.js';
import { readRunManifest } from '../../runs/index.js';
import type { Given } from './_command.js';
import { type Machine, machineOf } from './groups.js';

/** A run is in the folder of its plan, or one folder below. */
const DEEPEST = 2;

/**
 * The values of the machine's options. Without --arithmetic, runs that exist in one of the folders go on with the arithmetic that they began with.
 * @param folders of a run, or of the runs of a plan
 */
export function runMachineOf(given: Given, folders: readonly string[]): Machine {
  const machine = machineOf(given);
  const chosen = given.flags.arithmetic !== undefined || given.flags.overwrite === true;
  const recorded = chosen ? undefined : folders.map((folder) => recordedIn(folder, DEEPEST)).find((word) => word);
  return recorded === undefined ? machine : { ...machine, arithmetic: recorded };
}

function recordedIn(folder: string, deep: number): ArithmeticWord | undefined {
  try {
    if (existsSync(join(folder, 'manifest.json'))) return wordOf(readRunManifest(folder).arithmetic ?? 'plain');
    if (deep === 0) return undefined;
    const names = readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []));
    for (const name of names.sort()) {
      const found = recordedIn(join(folder, name), deep - 1);
      if (found !== undefined) return found;
    }
  } catch {
    // There is no such folder, or its manifest is damaged, which opening the run reports.
  }
  return undefined;
}
