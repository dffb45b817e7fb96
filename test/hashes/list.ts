/** The committed list of hashes: reading, writing, comparing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../../test/hashes/hashes.json', import.meta.url));

const about = [
  'SHA-256 of the parameters, metrics and rankings of small runs; `npm run hashes` makes the runs and compares.',
  'The hashes are the same on every machine and at any number of threads.',
  'A change of what is computed changes them: kernels, losses, samplers, random numbers, order of sums, defaults, the splits and numbering of data, metrics and tests.',
  'So can a Node whose V8 has another Math.exp or Math.log. Names of files, fields, flags and tensors do not count.',
  'A commit that changes a hash (`npm run hashes -- --write`) names in its message which ones and why that is right.',
];

export type Hashes = ReadonlyMap<string, string>;

export function readHashes(): Hashes {
  const { hashes } = JSON.parse(readFileSync(file, 'utf8')) as { hashes: Record<string, string> };
  return new Map(Object.entries(hashes));
}

/** One line for each hash, by name. */
export function writeHashes(hashes: Hashes): void {
  const sorted = Object.fromEntries([...hashes].sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify({ about, hashes: sorted }, null, 2)}\n`);
}

export interface Difference {
  readonly name: string;
  /** Absent for a hash that the list does not have. */
  readonly expected?: string;
  /** Absent for a hash that no run has made. */
  readonly got?: string;
}

/** By name. */
export function differences(expected: Hashes, got: Hashes): readonly Difference[] {
  return [...new Set([...expected.keys(), ...got.keys()])]
    .sort()
    .filter((name) => expected.get(name) !== got.get(name))
    .map((name) => {
      const [was, is] = [expected.get(name), got.get(name)];
      return { name, ...(was === undefined ? {} : { expected: was }), ...(is === undefined ? {} : { got: is }) };
    });
}
