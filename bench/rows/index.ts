/** Every row of the benchmark; the key is the word on the command line. */
import type { BenchRow } from '../_row.js';
import { bdEpoch } from './bd-epoch.js';
import { bprEpoch } from './bpr-epoch.js';
import { cdaeEpoch } from './cdae-epoch.js';
import { cmlEpoch } from './cml-epoch.js';
import { evaluate } from './evaluate.js';
import { hetcompStep } from './hetcomp-step.js';
import { hetcompUpdate } from './hetcomp-update.js';
import { itemAutoencoderEpoch } from './item-autoencoder-epoch.js';
import { lightgcn } from './lightgcn.js';
import { lightgcnEpoch } from './lightgcn-epoch.js';
import { multVae } from './mult-vae.js';
import { multVaeEpoch } from './mult-vae-epoch.js';
import { neumfEpoch } from './neumf-epoch.js';
import { student } from './student.js';
import { topK } from './top-k.js';

export const rows = {
  'hetcomp-step': hetcompStep,
  'hetcomp-update': hetcompUpdate,
  'top-k': topK,
  evaluate,
  lightgcn,
  'lightgcn-epoch': lightgcnEpoch,
  'mult-vae': multVae,
  'mult-vae-epoch': multVaeEpoch,
  'item-autoencoder-epoch': itemAutoencoderEpoch,
  'cdae-epoch': cdaeEpoch,
  'bpr-epoch': bprEpoch,
  'cml-epoch': cmlEpoch,
  'neumf-epoch': neumfEpoch,
  'bd-epoch': bdEpoch,
  student,
} as const satisfies Record<string, BenchRow>;
