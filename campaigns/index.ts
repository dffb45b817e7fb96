import type { Campaign } from './_campaign.js';
import { costs } from './costs.js';
import { crash } from './crash.js';
import { fuzz } from './fuzz/fuzz.js';
import { memory } from './memory.js';
import { queue } from './queue.js';
import { serveCampaign } from './serve/serve.js';
import { shards } from './shards.js';
import { workers } from './workers.js';

/** All campaigns. A new one is a file and a line here. */
export const campaigns: readonly Campaign[] = [costs, crash, fuzz, memory, queue, serveCampaign, shards, workers];
