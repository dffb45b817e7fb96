/** Ranges of a stored data set: what a job reads that computes one shard. */
import type { Dataset, StoredData } from '../../data/index.js';
import type { TrainRanges } from '../../models/index.js';

/** The train part of a stored data set. Nothing is kept in memory. */
export function trainRanges(stored: StoredData): TrainRanges {
  const { nUsers, nItems } = stored;
  return {
    ...{ nUsers, nItems, interactions: stored.count('train') },
    starts: (side) => stored.starts(side === 'users' ? 'user' : 'item'),
    users: (from, to) => stored.rows('train', from, to),
    items: (from, to) => stored.columns(from, to),
  };
}

/** Some users of a stored data set as a data set of their own, over all items. Ids are left out. */
export function usersOf(stored: StoredData, from: number, to: number): Dataset {
  const part = (name: 'train' | 'valid' | 'test' | 'foldIn' | 'hidden') => stored.rows(name, from, to);
  const { name, fingerprint, whole, parts } = stored;
  const trainUsers = stored.trainUsers();
  const none = { ids: [], index: new Map<string, number>() };
  return {
    ...{ name, fingerprint, notes: [], users: none, items: none },
    train: trainUsers ? { ...part('train'), trainUsers: inRange(trainUsers, from, to) } : part('train'),
    ...{ valid: part('valid'), test: part('test') },
    ...(parts.includes('foldIn') ? { foldIn: part('foldIn') } : {}),
    ...(whole !== undefined && parts.includes('hidden') ? { hidden: { interactions: part('hidden'), whole } } : {}),
  };
}

const inRange = (users: Int32Array, from: number, to: number): Int32Array =>
  users.filter((u) => u >= from && u < to).map((u) => u - from);
