/** Every checker by the subject of its golden file. A subject without a line here counts as failed. */
import type { Checker } from './_checker.js';
import { bdLossBpr } from './bd-loss-bpr.js';
import { bdLossCdae } from './bd-loss-cdae.js';
import { bdWeights } from './bd-weights.js';
import { cdLoss } from './cd-loss.js';
import { clDrdLoss } from './cl-drd-loss.js';
import { dcdLoss } from './dcd-loss.js';
import { deLoss } from './de-loss.js';
import { ensembleImportance } from './ensemble-importance.js';
import { fitnetLoss } from './fitnet-loss.js';
import { freqdLoss } from './freqd-loss.js';
import { hetcompDebias } from './hetcomp-debias.js';
import { hetcompDiscrepancy } from './hetcomp-discrepancy.js';
import { hetcompDkc } from './hetcomp-dkc.js';
import { hetcompOverallLoss } from './hetcomp-overall-loss.js';
import { hetcompRankLoss } from './hetcomp-rank-loss.js';
import { historyModels } from './history-models.js';
import { htdLoss } from './htd-loss.js';
import { metrics } from './metrics.js';
import { modelBprMf } from './model-bpr-mf.js';
import { modelCdae } from './model-cdae.js';
import { modelCml } from './model-cml.js';
import { modelItemAutoencoder } from './model-item-autoencoder.js';
import { modelLightgcn } from './model-lightgcn.js';
import { modelMultVae } from './model-mult-vae.js';
import { modelNeumf } from './model-neumf.js';
import { optimizers } from './optimizers.js';
import { pckdLoss } from './pckd-loss.js';
import { popularityLifts } from './popularity-lift.js';
import { rceKdLoss } from './rce-kd-loss.js';
import { rdLoss } from './rd-loss.js';
import { rrdLoss } from './rrd-loss.js';
import { significance } from './significance.js';
import { softmaxList } from './softmax-list-loss.js';
import { transferRatios } from './transfer-ratio.js';
import { unkdLoss } from './unkd-loss.js';

export const checkers = {
  'bd-loss-bpr': bdLossBpr,
  'bd-loss-cdae': bdLossCdae,
  'bd-weights': bdWeights,
  'cd-loss': cdLoss,
  'cl-drd-loss': clDrdLoss,
  'dcd-loss': dcdLoss,
  'de-loss': deLoss,
  'ensemble-importance': ensembleImportance,
  'fitnet-loss': fitnetLoss,
  'freqd-loss': freqdLoss,
  'hetcomp-debias': hetcompDebias,
  'hetcomp-discrepancy': hetcompDiscrepancy,
  'hetcomp-dkc': hetcompDkc,
  'hetcomp-overall-loss': hetcompOverallLoss,
  'hetcomp-rank-loss': hetcompRankLoss,
  'history-models': historyModels,
  'htd-loss': htdLoss,
  metrics,
  'model-bpr-mf': modelBprMf,
  'model-cdae': modelCdae,
  'model-cml': modelCml,
  'model-item-autoencoder': modelItemAutoencoder,
  'model-lightgcn': modelLightgcn,
  'model-mult-vae': modelMultVae,
  'model-neumf': modelNeumf,
  optimizers,
  'pckd-loss': pckdLoss,
  'popularity-lift': popularityLifts,
  'rce-kd-loss': rceKdLoss,
  'rd-loss': rdLoss,
  'rrd-loss': rrdLoss,
  significance,
  'softmax-list-loss': softmaxList,
  'transfer-ratio': transferRatios,
  'unkd-loss': unkdLoss,
} satisfies Record<string, Checker>;
