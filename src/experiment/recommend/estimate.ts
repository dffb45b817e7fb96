/** How long recommendations for all users take on this machine: the lists of a few users are written twice, and the others take as long. */
import { join } from 'node:path';
import { withTemporaryFolder } from '../../data/temporary.js';
import type { Kernels } from '../../kernels/index.js';
import type { PreparedRecommendations } from './recommend-all.js';
import { openSource } from './source.js';
import { writeTable } from './table.js';

/** Users of the two measurements: their difference is the time of more users, without that of a file. */
const [FEW, MORE] = [256, 2304];
/** Fewer users take no time worth an estimate. */
const MANY = 20 * MORE;

/**
 * Seconds of the shards that are still to be made, in turn. Takes about a second.
 * @returns undefined for few users, and if nothing is left to do
 */
export async function secondsOfRecommendations(
  { found, prepared, request, k, finished, requestFolder, sourceFolder }: PreparedRecommendations,
  kernels: Kernels,
  signal: AbortSignal = new AbortController().signal,
): Promise<number | undefined> {
  if (finished || found.nUsers < MANY) return undefined;
  const { format, scores, includeSeen } = request;
  const source = await openSource(sourceFolder, requestFolder, { k, includeSeen });
  const [few, more] = await withTemporaryFolder(async (folder) => {
    const timed = async (users: number): Promise<number> => {
      const began = performance.now();
      const how = { source, k, scores, format, signal, from: 0, to: users, step: async () => undefined };
      await writeTable(join(folder, `${users}`), source.blocks(kernels, 0, users), how);
      return (performance.now() - began) / 1000;
    };
    // The first one also compiles the code.
    await timed(FEW);
    return [await timed(FEW), await timed(MORE)];
  });
  const perUser = Math.max(0, more! - few!) / (MORE - FEW);
  return found.nUsers * perUser + prepared.jobs.length * few!;
}
