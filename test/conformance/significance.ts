/** Subject `significance`: paired t, Wilcoxon signed rank, and adjusted p-values. */
import { benjaminiHochberg, bonferroni, holm, pairedT, wilcoxonSignedRank } from 'recdistill/eval';
import type { Checker, Inputs, Result } from './_checker.js';
import { readNumbers, readText } from './inputs.js';

export const significance: Checker = {
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'paired') return { float64: paired(inputs) };
    if (kind === 'p-adjust') return { float64: adjusted(readNumbers(inputs, 'p')) };
    throw new Error(`inputs.kind is "${kind}", expected paired or p-adjust`);
  },
};

function paired(inputs: Inputs): Result {
  const a = readNumbers(inputs, 'a');
  const b = readNumbers(inputs, 'b');
  const t = pairedT(a, b);
  const w = wilcoxonSignedRank(a, b);
  return {
    paired_t: {
      t: t.t,
      df: t.df,
      p_two_sided: t.pTwoSided,
      p_greater: t.pGreater,
      p_less: t.pLess,
      mean_difference: t.meanDifference,
      sd_difference: t.sdDifference,
    },
    wilcoxon: {
      W_plus: w.plus,
      W_minus: w.minus,
      n_nonzero: w.nonzero,
      asymptotic: { statistic: w.statistic, p_two_sided: w.pAsymptotic },
      asymptotic_with_continuity: { statistic: w.statistic, p_two_sided: w.pContinuity },
      exact: { statistic: w.statistic, p_two_sided: w.pExact, p_greater: w.pExactGreater },
    },
  };
}

const adjusted = (p: readonly number[]): Result => ({
  holm: holm(p),
  benjamini_hochberg: benjaminiHochberg(p),
  bonferroni: bonferroni(p),
});
