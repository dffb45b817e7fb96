/** Abuses of a running server: what clients, proxies, browsers and the system can do to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Campaign, createTally } from '../_campaign.js';
import { randomFrom } from './_raw.js';
import { withServer, writeStudent } from './_server.js';
import { cutAnswer, endWithStopped, killWorker, stopWorker } from './ends.js';
import { neverRead, neverReadLarge, neverSend } from './load.js';
import { inventAddresses, tryManifest, tryMutated, tryWrong, wrongRequests } from './requests.js';

const TOKEN = 'a-token-for-the-campaign';

export const serveCampaign: Campaign = {
  name: 'serve',
  summary:
    'Clients that read, send or end nothing, dying and hanging workers, SIGTERM, invented addresses, malformed requests',
  async run(options) {
    const { seed, short, cases } = options;
    const random = randomFrom(seed);
    const mutations = cases ?? (short ? 100 : 3000);
    const [manifests, cuts, ends] = short ? [5, 1, 0] : [60, 8, 3];
    const tally = createTally(options, mutations + manifests + 100);
    const folder = mkdtempSync(join(tmpdir(), 'recdistill-campaign-'));
    const bundle = join(folder, 'bundle');
    const whole = (name: string, body: () => Promise<number>): Promise<void> =>
      tally.try(name, async () => tally.memory(await body()));
    try {
      writeStudent(bundle, 1);
      writeFileSync(join(folder, 'token'), TOKEN);
      const peak = await withServer(bundle, [], async (server) => {
        for (let n = 0; n < mutations; n++) await tally.try(`mutated request ${n}`, () => tryMutated(server, random));
        for (let n = 0; n < manifests; n++) await tally.try(`manifest ${n}`, () => tryManifest(server, bundle, random));
      });
      tally.memory(peak);
      writeStudent(bundle, 1);
      await withServer(bundle, ['--token-file', join(folder, 'token')], async (server) => {
        for (const wrong of wrongRequests(TOKEN, random)) await tally.try(wrong.name, () => tryWrong(server, wrong));
      });
      await withServer(bundle, ['--rate-limit', '5', '--trust-proxy', '1'], (server) =>
        tally.try('invented addresses', () => inventAddresses(server, random)),
      );
      // The short form starts few servers. The tests in src/serve try the other cases with servers of their own.
      const [connections, requests] = short ? [10, 900] : [40, 900];
      for (const workers of short ? [1] : [1, 2])
        await whole(`${connections} connections with ${requests} requests that never read, ${workers} worker(s)`, () =>
          neverRead(bundle, workers, connections, requests),
        );
      if (!short) {
        await whole('large answers that nobody reads', () => neverReadLarge(bundle, 100, random));
        await whole('requests that do not go on', () => neverSend(bundle, 500, random));
      }
      for (const workers of short ? [2] : [1, 2])
        for (let n = 0; n < cuts; n++) {
          const milliseconds = random.pick([0, 1, 3, 10, 30, 60]);
          const name = `SIGTERM ${milliseconds} ms after a request for a large answer, ${workers} worker(s), ${n}`;
          await whole(name, () => cutAnswer(bundle, workers, milliseconds, random));
        }
      // Processes are found by /proc.
      if (process.platform === 'linux')
        for (let n = 0; n < ends; n++) {
          await whole(`a worker is killed ${n}`, () => killWorker(bundle));
          await whole(`a worker hangs ${n}`, () => stopWorker(bundle));
          await whole(`SIGTERM while a worker hangs ${n}`, () => endWithStopped(bundle));
        }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return tally.result();
  },
};
