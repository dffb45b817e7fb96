/** Every row of the benchmark; the key is the word on the command line. */
import type { BenchRow } from '../_row.js';
import { bdEpoch } from './bd-epoch.js';
import { evaluate } from './evaluate.js';
import { hetcompStep } from './hetcomp-step.js';
import { hetcompUpdate } from './hetcomp-update.js';
import { lightgcn } from './lightgcn.js';
import { methodsEpoch } from './methods-epoch.js';
import { bprEpoch, cmlEpoch, lightgcnEpoch, neumfEpoch } from './pair-epochs.js';
import { recommendAll } from './recommend-all.js';
import { cdaeEpoch, itemAutoencoderEpoch, multVae, multVaeEpoch } from './row-epochs.js';
import { softmaxStep } from './softmax-step.js';
import { student } from './student.js';
import { topK } from './top-k.js';

export const rows = {
  'hetcomp-step': hetcompStep,
  'softmax-step': softmaxStep,
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
  'methods-epoch': methodsEpoch,
  student,
  'recommend-all': recommendAll,
} as const satisfies Record<string, BenchRow>;
