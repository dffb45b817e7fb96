/** Interactions of CiteULike's size: the real split when it is at hand, else made-up ones of the same shape. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fail } from 'recdistill';
import { fromPairs, type Interactions, itemsOf, synthesize } from 'recdistill/data';
import { shuffle, stream } from 'recdistill/math';

export interface BenchData {
  /** For the report: what it is, and that it is synthetic if it is. */
  readonly source: string;
  readonly nUsers: number;
  readonly nItems: number;
  readonly train: Interactions;
  readonly valid: Interactions;
  readonly test: Interactions;
}

const SET = 'citeulike-hetcomp-split';
const PARTS = ['train', 'valid', 'test'] as const;

/** Users, items and interactions of that split (60/20/20 per user, cold items dropped). */
const SHAPE = { nUsers: 5219, nItems: 25_181, train: 78_958, valid: 20_823, test: 20_823 };

/**
 * @param named the split folder or a folder that holds it; undefined = look in RECDISTILL_DATA, else make data up
 * @throws RecdistillError `file-missing`, `bad-data`
 */
export async function loadBenchData(named: string | undefined, env: NodeJS.ProcessEnv): Promise<BenchData> {
  const folder = named ?? env.RECDISTILL_DATA;
  if (folder !== undefined) {
    for (const candidate of [folder, join(folder, SET)]) {
      if (existsSync(join(candidate, 'train.tsv'))) return readSplit(candidate);
    }
    if (named !== undefined) fail('file-missing', { path: join(named, 'train.tsv') });
  }
  return syntheticData(SHAPE);
}

async function readSplit(folder: string): Promise<BenchData> {
  const parts = await Promise.all(PARTS.map((part) => readPairs(join(folder, `${part}.tsv`))));
  const nUsers = 1 + parts.reduce((most, p) => p.users.reduce((m, u) => Math.max(m, u), most), -1);
  const nItems = 1 + parts.reduce((most, p) => p.items.reduce((m, i) => Math.max(m, i), most), -1);
  const [train, valid, test] = parts.map((p) => fromPairs(nUsers, nItems, p.users, p.items)) as [
    Interactions,
    Interactions,
    Interactions,
  ];
  return { source: `${basename(folder)}: ${sizes(train)}`, nUsers, nItems, train, valid, test };
}

/** Numbers in these files are rows and columns, so an item that no part has keeps its column, as its score must be ranked too. */
async function readPairs(path: string): Promise<{ users: number[]; items: number[] }> {
  const text = await readFile(path, 'utf8').catch((cause) => fail('file-missing', { path }, cause));
  const pairs = { users: [] as number[], items: [] as number[] };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^(\d+)\t(\d+)\s*$/.exec(line);
    if (!match)
      fail('bad-data', {
        path,
        problem: `a line is "${line.slice(0, 80)}"`,
        hint: 'Expected a user number, a tab and an item number.',
      });
    pairs.users.push(Number(match[1]));
    pairs.items.push(Number(match[2]));
  }
  return pairs;
}

/** Made-up interactions, cut into parts of exactly the asked sizes. */
export function syntheticData(shape: typeof SHAPE): BenchData {
  const { nUsers, nItems } = shape;
  const source = synthesize({ nUsers, nItems, interactions: shape.train + shape.valid + shape.test, seed: 1 });
  const all = source.parts[0]!.interactions;
  const users = Array.from({ length: nUsers }, (_, u) => itemsOf(all, u)).flatMap((own, u) => Array.from(own, () => u));
  const order = users.map((_, k) => k);
  shuffle(order, stream(1, 'benchmark split'), 0);
  const part = (begin: number, size: number): Interactions => {
    const own = order.slice(begin, begin + size);
    return fromPairs(
      nUsers,
      nItems,
      own.map((k) => users[k]!),
      own.map((k) => all.indices[k]!),
    );
  };
  const train = part(0, shape.train);
  const valid = part(shape.train, shape.valid);
  const test = part(shape.train + shape.valid, shape.test);
  return { source: `synthetic, in the shape of ${SET}: ${sizes(train)}`, nUsers, nItems, train, valid, test };
}

const sizes = (train: Interactions): string =>
  `${train.nUsers} users, ${train.nItems} items, ${train.indices.length} train interactions`;
