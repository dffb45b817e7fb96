/** The files of a part of a model in shards. */
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '../../formats/safetensors.js';
import { readSealedJson, writeSealedJson } from '../../formats/sealed-json.js';
import type { PartTensors } from '../../models/index.js';

export const PART_TENSORS = 'tensors.safetensors';
const COST = 'cost.json';

/** Seconds that were spent: on this part, and on all parts of the stages before. */
export interface PartCost {
  readonly own: number;
  readonly before: number;
}

/** @throws RecdistillError `write-failed` */
export const writePartTensors = (folder: string, tensors: PartTensors): void =>
  void writeSafetensors(join(folder, PART_TENSORS), tensors);

/** @throws RecdistillError `file-missing`, `artifact-damaged` */
export const readPartTensors = (folder: string): PartTensors =>
  Object.fromEntries(readSafetensors(join(folder, PART_TENSORS)).tensors);

/** @throws RecdistillError `write-failed` */
export const writePartCost = (folder: string, cost: PartCost): void => writeSealedJson(join(folder, COST), { ...cost });

/** Seconds of these parts of one stage, and of all stages before. @throws RecdistillError `file-missing`, `artifact-damaged` */
export const costOf = (folders: readonly string[]): number =>
  folders.reduce((sum, folder, at) => {
    const { own, before } = readSealedJson(join(folder, COST)) as Readonly<Record<string, unknown>>;
    return sum + Number(own) + (at === 0 ? Number(before) : 0);
  }, 0);
