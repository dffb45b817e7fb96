/** The lists that a finished run keeps, as they are written to a file of rankings. */
import type { NamedLists, Rankings } from '../data/index.js';
import { fail } from '../errors.js';
import { readingTeacher } from './finished.js';

export interface ListsOptions {
  /** Only the last checkpoint. */
  readonly last: boolean;
  /** Only so many candidate items of each list, and no train items. Default: all that is kept. */
  readonly k?: number | undefined;
  /** Gives the last lists in another order. */
  readonly reordered?: (last: Rankings) => Rankings;
  /** Name of the teacher in the file. */
  readonly teacher?: string | undefined;
}

/**
 * In parts, the candidate items of each checkpoint, then train items, both in ranked order.
 * @throws RecdistillError `bad-option` for lists longer than those that are kept, and as `readTeacher`
 */
export function* readingLists(
  folder: string,
  { last, k, teacher, reordered = (lists) => lists }: ListsOptions,
): Generator<number, NamedLists[]> {
  const { trajectory, tested } = yield* readingTeacher(folder);
  const { checkpoints, observed } = trajectory;
  return checkpoints.flatMap(({ epoch, rankings: kept }, c) => {
    const isLast = c === checkpoints.length - 1;
    if (last && !isLast) return [];
    const rankings = isLast ? reordered(kept) : kept;
    const { depth, nItems } = rankings;
    if (k !== undefined && k > depth)
      fail('bad-option', {
        ...{ option: 'k', owner: 'rankings', given: k },
        expected: `at most ${depth}, the length of the lists that the run keeps`,
        help:
          depth < nItems
            ? 'Longer lists of a run with a student bundle: recommend RUN --all --k N --out FOLDER. Or make the run again with a larger --at.'
            : 'Ask for shorter lists.',
      });
    // The test rankings extend those of the trajectory, which exclude other items.
    const more = isLast && tested ? [tested(), ...(observed ? [observed] : [])] : [];
    return {
      lists: k === undefined ? [rankings, ...more] : [rankings],
      ...(k === undefined ? {} : { most: k }),
      ...(teacher === undefined ? {} : { teacher }),
      ...(last ? {} : { checkpoint: epoch }),
    };
  });
}
