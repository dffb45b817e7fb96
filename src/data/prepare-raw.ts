/** Prepares raw interactions: merges, filters and splits them. */
import { dropColdUsers } from './cold-items.js';
import { compact, withMinimum } from './filters.js';
import { count, type Interactions } from './interactions.js';
import { leakageReport } from './leakage.js';
import { beforeMinimum, minimumReport } from './minimum-report.js';
import type { DataOptions } from './options.js';
import { rowsIn } from './pairs.js';
import {
  checkFoldInShare,
  checkParts,
  checkSize,
  coldNotes,
  historyWarnings,
  interactionsOf,
  keptRows,
  merged,
  type Prepared,
  rated,
  warmed,
  weightNotes,
} from './prepare.js';
import type { ReadSource } from './read-source.js';
import { type Parts, type SplitSpec, tiedUsers } from './splits/_split.js';
import { divided } from './splits/index.js';
import { expectMoments } from './splits/time.js';

export function* preparingRaw(
  name: string,
  source: ReadSource,
  options: DataOptions,
  defaultMinUser: number,
  ratios: SplitSpec['ratios'],
): Generator<number, Prepared> {
  const { interactions, users, items, notes, leftOut } = yield* filtering(name, source, options, defaultMinUser);
  const how = options.split === 'auto' || options.split === 'given' ? 'ratio' : options.split;
  const parts = divided(how, interactions, {
    ...{ ratios, holdOut: options.holdOut, seed: options.splitSeed, foldInShare: options.foldInShare, reuse: true },
    ids: { users: Array.from(users, (u) => source.users[u]!), items: Array.from(items, (i) => source.items[i]!) },
  });
  yield 0.7;
  checkFoldInShare(parts, options.foldInShare, how);
  if (how === 'time') expectMoments(interactions, parts, ratios);
  notes.push(describeSplit(how, options, ratios), ...notEvaluated(how, interactions));
  const leakage = leakageReport(parts);
  yield 0.85;
  const perUser = how !== 'time' && how !== 'hash' && !parts.foldIn;
  const warmFrom = notes.length;
  const warm = options.coldItems === 'keep' ? parts : warmed(parts, perUser, notes);
  const cold = how === 'hash' && options.coldItems !== 'keep' ? withoutColdUsers(warm, notes) : warm;
  leftOut.push(...coldNotes(parts, cold, notes.slice(warmFrom)));
  notes.push(...weightNotes(cold.train));
  checkParts(name, cold, {
    valid: how === 'leave-one-out' || ratios[1] > 0,
    test: how === 'leave-one-out' || ratios[2] > 0,
  });
  const labels = source.labels;
  return {
    users: Array.from(users, (u) => source.users[u]!),
    items: Array.from(items, (i) => source.items[i]!),
    ...(labels ? { labels: Array.from(items, (i) => labels[i]!) } : {}),
    parts: cold,
    leakage,
    notes,
    leftOut,
    warnings: [...(how !== 'time' && options.holdOut === 'latest' ? tieWarnings(parts) : []), ...historyWarnings(cold)],
  };
}

interface Filtered {
  readonly interactions: Interactions;
  /** Positions in the source of the users and items that are left. */
  readonly users: Int32Array;
  readonly items: Int32Array;
  readonly notes: string[];
  readonly leftOut: string[];
}

/** The interactions of the only part after all filters. The arrays of the source are used for the result. */
function* filtering(
  name: string,
  source: ReadSource,
  options: DataOptions,
  defaultMinUser: number,
): Generator<number, Filtered> {
  const notes: string[] = [];
  const read = source.parts[0]!;
  const part = rated(read, options, notes);
  const ratedNotes = notes.length;
  const all = interactionsOf(source, part, options);
  notes.push(`${keptRows(part) - count(all)} duplicate rows: ${merged(all)}`);
  const minimum = {
    minUser: options.minUser ?? defaultMinUser,
    minItem: options.minItem ?? 1,
    core: options.core,
  };
  yield 0.1;
  const before = beforeMinimum(all, minimum);
  yield 0.2;
  const kept = withMinimum(all, minimum.minUser, minimum.minItem, minimum.core, true);
  yield 0.35;
  const { interactions, users, items } = compact(kept, true);
  yield 0.45;
  const filters = minimumReport(before, kept, minimum);
  const leftOut = [...notes.slice(0, ratedNotes), ...(count(interactions) < before.rows ? [filters] : [])];
  notes.push(filters);
  checkSize(name, interactions, `${rowsIn(read)} rows read; ${notes.join('; ')}`);
  return { interactions, users, items, notes, leftOut };
}

/** The split hash may leave a user without train interactions. Their held-out ones are not evaluated, and never trained on. */
function withoutColdUsers(parts: Parts, notes: string[]): Parts {
  const { parts: kept, nUsers, rows } = dropColdUsers(parts);
  notes.push(`dropped ${rows} valid and test interactions of ${nUsers} users who have no train interactions`);
  return kept;
}

/** A note about users who cannot be held out whole. */
function notEvaluated(how: string, x: Interactions): string[] {
  const few = x.indptr.slice(1).reduce((sum, end, u) => sum + Number(end - x.indptr[u]! < 2), 0);
  if (how !== 'users' || few === 0) return [];
  return [`${few} users with one interaction are not evaluated: they stay in train`];
}

function tieWarnings(parts: Parts): string[] {
  const tied = tiedUsers(parts);
  if (tied === 0) return [];
  const where = 'a held-out interaction has the same time as the latest one in train';
  return [`holdOut latest: for ${tied} of ${parts.train.nUsers} users ${where}, so the choice between them was random`];
}

function describeSplit(how: string, options: DataOptions, ratios: readonly number[]): string {
  const shares = how === 'leave-one-out' ? '' : ` ${ratios.join(' / ')}`;
  if (how === 'users')
    return `split users${shares} of the users, share of a held-out user's interactions that is history ${options.foldInShare}, split seed ${options.splitSeed}`;
  if (how === 'hash') return `split hash${shares} by user and item, split seed ${options.splitSeed}`;
  const order = how === 'time' ? '' : `, held out: ${options.holdOut}, split seed ${options.splitSeed}`;
  return `split ${how}${shares}${order}`;
}
