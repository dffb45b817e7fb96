/** The manifest of a stored data set. */
import fs from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../errors.js';
import { readSealedJson } from '../../formats/sealed-json.js';
import type { DataMemory } from '../../memory/index.js';
import { IDS, MANIFEST, type PartName, partFile, partNames, STORED_FORMAT } from './layout.js';

export interface StoredManifest {
  readonly name: string;
  readonly fingerprint: string;
  readonly nUsers: number;
  readonly nItems: number;
  /** Whether items have names. */
  readonly labels: boolean;
  /** Fingerprint of the data set before interactions were hidden. */
  readonly whole?: string;
  readonly memory?: DataMemory;
  readonly notes: readonly string[];
  /** Size in bytes and checksum of each file, by its name in the folder. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
  /** The parts that the data set has. */
  readonly parts: readonly PartName[];
}

/**
 * Reads a manifest, and checks that its files are there with their sizes.
 * @throws RecdistillError `file-missing`, `artifact-damaged`
 */
export function readStoredManifest(folder: string): StoredManifest {
  const path = join(folder, MANIFEST);
  const json = readSealedJson(path, HINT);
  if (json.format !== STORED_FORMAT || json.kind !== 'data')
    damaged(path, `it has format ${json.format} of "${json.kind}"; expected ${STORED_FORMAT} of "data"`);
  const { files } = json;
  if (typeof files !== 'object' || files === null) damaged(path, 'it has no table of files');
  const manifest = { ...json, parts: partNames.filter((part) => partFile(part) in files) } as unknown as StoredManifest;
  for (const name of [IDS, ...(['train', 'valid', 'test'] as const).map(partFile)])
    if (!(name in manifest.files)) damaged(path, `it does not name ${name}`);
  for (const [name, { bytes }] of Object.entries(manifest.files)) {
    const found = fs.statSync(join(folder, name), { throwIfNoEntry: false })?.size;
    if (found !== bytes) damaged(join(folder, name), `it has ${found ?? 'no'} bytes; expected ${bytes}`);
  }
  return manifest;
}

/**
 * The data set within the folder of a fingerprint: those in it differ in times, names and notes only. Another folder is returned as it is.
 * @param folder of a data set, or of a fingerprint
 */
export function dataWithin(folder: string): string {
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() || fs.existsSync(join(folder, MANIFEST)))
    return folder;
  const names = fs
    .readdirSync(folder)
    .filter((name) => fs.existsSync(join(folder, name, MANIFEST)) && !name.startsWith('.'));
  const [first] = names.sort();
  return first === undefined ? folder : join(folder, first);
}

const HINT = 'Delete the folder. The command that needs this data stores it again.';

function damaged(path: string, problem: string): never {
  fail('artifact-damaged', { path, problem, hint: HINT });
}
