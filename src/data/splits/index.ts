/** The registry of splits: name -> split. `given` is not here, because a ready split is read and not made. */
import type { Split } from './_split.js';
import { leaveOneOut } from './leave-one-out.js';
import { ratio } from './ratio.js';
import { time } from './time.js';

export const splits = { ratio, 'leave-one-out': leaveOneOut, time } satisfies Record<string, Split>;

export type SplitName = keyof typeof splits;
