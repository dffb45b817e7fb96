/** The registry of units whose work is cut into parts: one line adds one. */
import { fail } from '../../../errors.js';
import type { AnyPartUnit } from './_part.js';
import { evaluateUnit } from './evaluate.js';
import { modelShard } from './model-shard.js';
import { rankShard } from './rank-shard.js';
import { recommendUnit } from './recommend.js';
import { writeRankingsUnit } from './write-rankings.js';

export * from './_part.js';

const units: Readonly<Record<string, AnyPartUnit>> = {
  evaluate: evaluateUnit,
  'model-shard': modelShard,
  'rank-shard': rankShard,
  recommend: recommendUnit,
  'write-rankings': writeRankingsUnit,
};

/** @throws RecdistillError `unknown-name` */
export const partUnitOf = (name: string): AnyPartUnit =>
  units[name] ?? fail('unknown-name', { kind: 'unit of parts', given: name, known: Object.keys(units).join(', ') });
