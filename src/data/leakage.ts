/** Leakage report: overlaps between the parts, and evaluation that training cannot answer. Counted before any repair. */
import { count, has, type Interactions, itemCounts, knownItems } from './interactions.js';
import type { Parts } from './splits/_split.js';

export interface LeakageFinding {
  readonly check: 'shared-pairs' | 'duplicates' | 'items-never-trained' | 'users-never-trained' | 'future-in-train';
  /** The examined part or parts, such as `test` or `train and test`. */
  readonly where: string;
  readonly count: number;
  /** The total that `count` is a share of. */
  readonly of: number;
  /** count / of, in [0, 1]. */
  readonly share: number;
  readonly explanation: string;
}

const finding = (
  check: LeakageFinding['check'],
  where: string,
  found: number,
  of: number,
  explanation: string,
): LeakageFinding => ({ check, where, count: found, of, share: of > 0 ? found / of : 0, explanation });

/**
 * Reports leakage between three parts, which need not be disjoint.
 * @param duplicates number of repeated rows in each part, already removed from `parts`
 */
export function leakageReport(
  parts: Parts,
  duplicates: { readonly train: number; readonly valid: number; readonly test: number } = {
    train: 0,
    valid: 0,
    test: 0,
  },
): LeakageFinding[] {
  const { train, valid, test } = parts;
  const { foldIn } = parts;
  const findings: LeakageFinding[] = [];
  const pairs = [
    ['train', 'valid'],
    ['train', 'test'],
    ['valid', 'test'],
  ] as const;
  for (const [a, b] of pairs) {
    const text = `Interactions of ${b} that are also in ${a}: a model can memorise them.`;
    findings.push(finding('shared-pairs', `${a} and ${b}`, shared(parts[a], parts[b]), count(parts[b]), text));
  }
  if (foldIn) {
    for (const part of ['valid', 'test'] as const) {
      const text = `Interactions of ${part} that are also in the given histories: a model can repeat them.`;
      findings.push(
        finding('shared-pairs', `fold-in and ${part}`, shared(foldIn, parts[part]), count(parts[part]), text),
      );
    }
  }
  for (const part of ['train', 'valid', 'test'] as const) {
    const rows = count(parts[part]) + duplicates[part];
    findings.push(
      finding(
        'duplicates',
        part,
        duplicates[part],
        rows,
        `Rows of ${part} that repeat another row of the same part. Each pair of user and item counts once.`,
      ),
    );
  }
  const trained = itemCounts(train);
  for (const [name, part] of [
    ['valid', valid],
    ['test', test],
  ] as const) {
    const cold = part.indices.reduce((sum, i) => sum + Number(trained[i] === 0), 0);
    const text = `Interactions of ${name} with an item without train interactions: no model that learns from interactions can predict them.`;
    findings.push(finding('items-never-trained', name, cold, count(part), text));
  }
  for (const [name, part] of [
    ['valid', valid],
    ['test', test],
  ] as const) {
    const { all, untrained } = usersWithoutTrain(knownItems(parts), part);
    const text = `Users of ${name} without ${foldIn ? 'a history' : 'train interactions'}: a model can only recommend popular items to them.`;
    findings.push(finding('users-never-trained', name, untrained, all, text));
  }
  if (train.times && test.times && count(test) > 0) {
    const first = test.times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const later = train.times.reduce((sum, t) => sum + Number(t > first), 0);
    const text =
      'Train interactions later than the earliest test interaction: a live system would not know them yet. Only the split time avoids this.';
    findings.push(finding('future-in-train', 'train', later, count(train), text));
  }
  return findings;
}

function shared(a: Interactions, b: Interactions): number {
  let both = 0;
  for (let u = 0; u < b.nUsers; u++) {
    for (let k = b.indptr[u]!; k < b.indptr[u + 1]!; k++) if (has(a, u, b.indices[k]!)) both += 1;
  }
  return both;
}

function usersWithoutTrain(train: Interactions, part: Interactions): { all: number; untrained: number } {
  let all = 0;
  let untrained = 0;
  for (let u = 0; u < part.nUsers; u++) {
    if (part.indptr[u + 1] === part.indptr[u]) continue;
    all += 1;
    if (train.indptr[u + 1] === train.indptr[u]) untrained += 1;
  }
  return { all, untrained };
}
