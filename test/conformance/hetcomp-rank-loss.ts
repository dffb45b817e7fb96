/** Subject `hetcomp-rank-loss`: Plackett-Luce in the order of the lists. */
import { hetcompLossChecker } from './_hetcomp-loss.js';

/** As for hetcomp-overall-loss: float32 scores near 40 are off by up to 2e-6, times the items of a list. */
export const hetcompRankLoss = hetcompLossChecker('fine', { abs: 5e-5, rel: 5e-6 });
