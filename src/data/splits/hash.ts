/**
 * A split that stays when the data grows: the part of an interaction depends on the ids of its user and its item and on the split seed alone.
 * So an interaction that was held out once is held out whenever the same shares and seed are used, whatever was added or removed meanwhile.
 */
import { fail } from '../../errors.js';
import { hashText, stream, uniform } from '../../math/random.js';
import { partition, type Split, TEST, TRAIN, VALID } from './_split.js';

/**
 * Each interaction goes to valid and to test with the probability of its share. A user may have none in train.
 * @throws RecdistillError `usage` for `holdOut: latest`, `needs-not-met` without ids
 */
export const hash: Split = (x, { ratios, seed, holdOut, ids, reuse = false }) => {
  if (holdOut !== 'random') refuseLatest();
  if (!ids)
    return fail('needs-not-met', {
      problem: 'the split hash needs the ids of users and items; the spec has none',
      hint: 'Pass `ids` in the spec, in the numbering of the interactions.',
    });
  const users = Uint32Array.from(ids.users, (id) => hashText(id));
  const items = Uint32Array.from(ids.items, (id) => hashText(id));
  const key = stream(seed, 'split hash');
  const validFrom = ratios[0];
  const testFrom = ratios[2] === 0 ? 1 : ratios[0] + ratios[1];
  const part = new Uint8Array(x.indices.length);
  for (let user = 0; user < x.nUsers; user++) {
    for (let k = x.indptr[user]!; k < x.indptr[user + 1]!; k++) {
      const at = uniform(key, users[user]!, items[x.indices[k]!]!);
      part[k] = at < validFrom ? TRAIN : at < testFrom ? VALID : TEST;
    }
  }
  return partition(x, part, { reuse });
};

const refuseLatest = (): never =>
  fail('usage', {
    problem:
      'holdOut is latest, but the split hash holds out interactions by a hash of user and item; expected holdOut random',
    hint: 'Remove --hold-out, or choose the split ratio, leave-one-out or time to hold out the latest interactions.',
  });
