import type { Campaign } from './_campaign.js';
import { memory } from './memory.js';
import { serveCampaign } from './serve/serve.js';

/** All campaigns. A new one is a file and a line here. */
export const campaigns: readonly Campaign[] = [memory, serveCampaign];
