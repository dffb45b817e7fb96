/** A bundled student with users and items folded in, and nothing trained. */
import type { Kernels } from 'recdistill';
import type { StudentBundle } from 'recdistill/bundle';
import type { Dataset } from 'recdistill/data';
import type { Evaluation, Evaluator } from 'recdistill/eval';
import { makeTrainable, modelOf, rankAll } from 'recdistill/models';
import { type ContinueReport, continueFrom } from 'recdistill/runs';

/** @param dataset whose train interactions are known of users and items */
export async function foldedIn(
  bundle: StudentBundle,
  dataset: Dataset,
  evaluator: Evaluator,
  kernels: Kernels,
): Promise<{ readonly evaluation: Evaluation; readonly report: ContinueReport }> {
  const spec = modelOf('bpr-mf');
  const options = spec.options.parse({ dim: bundle.manifest.dim });
  const model = await makeTrainable(spec, { kernels, train: dataset.train, seed: 0 }, options);
  try {
    const report = await continueFrom(model, bundle, dataset);
    const rankings = await rankAll(kernels, model, evaluator.mask.test, evaluator.depth);
    return { evaluation: evaluator.test(rankings), report };
  } finally {
    model.close();
  }
}
