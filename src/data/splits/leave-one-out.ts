/** One interaction of each user goes to test and one to valid. A user with fewer than three interactions keeps all in train. */
import { orderOf, partition, type Split, splitKey, TEST, VALID } from './_split.js';

export const leaveOneOut: Split = (x, spec) => {
  const part = new Uint8Array(x.indices.length);
  const key = splitKey(spec.seed);
  for (let user = 0; user < x.nUsers; user++) {
    const order = orderOf(x, user, spec, key);
    if (order.length < 3) continue;
    part[order.at(-1)!] = TEST;
    part[order.at(-2)!] = VALID;
  }
  return partition(x, part, spec);
};
