/** From a data set to the smallest model that is nearly as good as an ensemble of all. */
import { basename, dirname, resolve } from 'node:path';
import { defined } from '../defined.js';
import { evaluationOptions } from '../eval/index.js';
import { type AutoResult, type autoOptions, type PlanListener, planAuto, runAuto } from '../experiment/index.js';
import type { Kernels } from '../kernels/index.js';
import { type OptionsInput, parseOptions } from '../options/index.js';
import { type AutoRow, autoRows, autoTable, frontierTable } from '../report/results/auto.js';
import { type Printable, together } from '../report/table/index.js';
import type { Overwrite } from '../runs/index.js';
import { expectOptions, expectPath } from './check.js';
import { type Data, expectData, sourceOf } from './data.js';
import { withKernels } from './kernels.js';
import { openRun } from './open-run.js';
import type { Run } from './run.js';

/** Options of `auto`: what is asked for, as on the command line (`timeBudget: '15m'`, `keep: '95%'`), and the evaluation (`at`, `selectBy`, `evalUsers`). */
export interface AutoCall extends Omit<OptionsInput<typeof autoOptions>, 'name'> {
  readonly data: Data;
  /** Folder of all runs. The same call continues there; a larger budget adds to what is finished. */
  readonly folder: string;
  readonly at?: readonly number[];
  readonly selectBy?: string;
  /** Evaluate on a sample of so many users. Default: all. */
  readonly evalUsers?: number;
  /** `differing`: make runs with other options or data again. Default: false, an error. */
  readonly overwrite?: Extract<Overwrite, false | 'differing'>;
  readonly kernels?: Kernels;
  readonly listen?: PlanListener;
  /** Stops the work after a checkpoint. The call then throws `interrupted`. */
  readonly signal?: AbortSignal;
}

/** The choice. `toText`, `toMarkdown`: the table and the frontier. */
export interface Auto extends Printable {
  /** The chosen run; its bundle is written by `saveBundle`. */
  readonly chosen: Run;
  /** Whether it keeps the share of the ensemble that was asked for, on valid. */
  readonly keeps: boolean;
  /** The share that it keeps, on valid. */
  readonly share: number;
  /** Why this model, in sentences. */
  readonly reasons: readonly string[];
  /** The final fit of the chosen model: the same model, trained on all interactions. Absent with `final: false`. */
  readonly final?: Run;
  /** The ensemble, the best single model, the chosen model and what it was tested against. */
  readonly rows: readonly AutoRow[];
  /** Models that are better on valid than all smaller ones, from the smallest. */
  readonly frontier: readonly Pick<
    AutoResult['frontier'][number],
    'name' | 'kind' | 'model' | 'method' | 'dim' | 'bytes' | 'value'
  >[];
}

const names = {
  ...{
    data: true,
    folder: true,
    at: true,
    selectBy: true,
    evalUsers: true,
    overwrite: true,
    kernels: true,
    listen: true,
    signal: true,
  },
  ...{ timeBudget: true, keep: true, maxSize: true, maxLatency: true, final: true, seed: true },
} satisfies Record<keyof AutoCall, true>;

/**
 * Trains models and teachers, chooses their ensemble, distils students of several sizes, and takes the smallest model that keeps enough:
 * `const { chosen } = await auto({ data, folder: 'runs/auto', keep: '95%' })`. Everything is chosen on valid. Two calls give the same bits.
 * @throws RecdistillError `usage`, `unknown-option`, `bad-option`; `needs-not-met` without a valid part, if the budget is too small for the first
 *   models, or if no model is within the limits; `interrupted`; as `train`
 */
export async function auto(call: AutoCall): Promise<Auto> {
  expectOptions(call, 'auto', Object.keys(names));
  const {
    data: given,
    folder,
    at,
    selectBy,
    evalUsers,
    overwrite = false,
    kernels: own,
    listen,
    signal,
    ...asked
  } = call;
  const data = expectData(given, 'auto');
  expectPath(folder, 'auto');
  const evaluation = parseOptions(evaluationOptions, defined({ at: at && [...at], selectBy, evalUsers }), 'evaluation');
  const source = sourceOf(data);
  const options = { ...defined(asked), name: basename(resolve(folder)) };
  const plan = planAuto({ dataset: data, evaluation, options, ...(source ? { data: source } : {}) });
  const runs = dirname(resolve(folder));
  const context = { runs, overwrite, ...defined({ listen, signal }) };
  const result = await withKernels(own, (kernels) => runAuto(plan, { ...context, kernels }));
  const { choice, frontier } = result;
  const chosen = await openRun(choice.chosen.result.folder!, { data, name: choice.chosen.name });
  const again = result.final && (await openRun(result.final.folder, { data, name: `${choice.chosen.name}/final` }));
  return {
    ...{ chosen, keeps: choice.keeps, share: choice.share, reasons: choice.reasons, rows: autoRows(result) },
    ...defined({ final: again }),
    frontier: frontier.map(({ perUser: _, result: __, microseconds: ___, ...c }) => c),
    ...together([frontierTable(result), autoTable(result)]),
  };
}
