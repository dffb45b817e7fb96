/** Every checker by the subject of its golden file. A subject without a line here counts as failed. */
import type { Checker } from './_checker.js';
import { metrics } from './metrics.js';
import { significance } from './significance.js';

export const checkers = {
  metrics,
  significance,
} satisfies Record<string, Checker>;
