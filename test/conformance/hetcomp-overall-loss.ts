/** Subject `hetcomp-overall-loss`: every observed and every ranked item against the remainder. */
import { hetcompLossChecker } from './_hetcomp-loss.js';

/**
 * A score near 40 is off by up to 2e-6 in float32, and with it e^score by a 2e-6th part. A gradient sums up as many such parts as
 * there are observed and ranked items (each at most 1), and the loss as many errors of 4e-6.
 */
export const hetcompOverallLoss = hetcompLossChecker('overall', { abs: 5e-5, rel: 5e-6 });
