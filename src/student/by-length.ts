/** Orders items so that a search for the largest inner products can end early. */

/** The Euclidean norm of each row of `dim` factors. */
export function lengthsOf(factors: Float32Array, dim: number): Float64Array {
  const lengths = new Float64Array(factors.length / dim);
  for (let item = 0; item < lengths.length; item++) {
    let square = 0;
    for (let j = item * dim; j < (item + 1) * dim; j++) square += factors[j]! * factors[j]!;
    lengths[item] = Math.sqrt(square);
  }
  return lengths;
}

/** Item indices by decreasing norm, in a few thousand buckets, ascending within a bucket. A full sort would take longer. */
export function byLength(lengths: Float64Array): Int32Array {
  const classes = 4096;
  let longest = 0;
  for (const length of lengths) longest = Math.max(longest, length);
  const classOf = (length: number): number => (longest > 0 ? Math.round((1 - length / longest) * (classes - 1)) : 0);
  const next = new Int32Array(classes + 1);
  for (const length of lengths) next[classOf(length) + 1]! += 1;
  for (let c = 1; c < classes; c++) next[c]! += next[c - 1]!;
  const order = new Int32Array(lengths.length);
  for (let item = 0; item < lengths.length; item++) order[next[classOf(lengths[item]!)]!++] = item;
  return order;
}

/** For every `panel` positions of the order, the largest value of an item at or after them. */
export function suffixMaxima(order: Int32Array, values: ArrayLike<number>, panel: number): Float64Array {
  const most = new Float64Array(Math.ceil(order.length / panel)).fill(Number.NEGATIVE_INFINITY);
  let largest = Number.NEGATIVE_INFINITY;
  for (let place = order.length - 1; place >= 0; place--) {
    largest = Math.max(largest, values[order[place]!]!);
    most[Math.floor(place / panel)] = largest;
  }
  return most;
}
