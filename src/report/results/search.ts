/** The result of a search of hyper-parameters for one model. */
import type { ModelSearch, Trial } from '../../experiment/search/index.js';
import { counted, formatMetric, formatOptions, formatPercent, formatSeconds } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column } from './_columns.js';

/** Number of trials in the table. The log has all. */
const SHOWN = 5;

/** The best trials, the cost of the search, and its improvement. @param metric the selecting metric, such as `recall@50` */
export function searchTable(search: ModelSearch, metric: string): ResultTable {
  const { model, trials, epochs, seconds } = search;
  const shown = trials.filter((t) => t.reason !== 'repeated').slice(0, SHOWN);
  const cost = `${counted(trials.length, 'trial')}${countsOf(trials)}; ${epochs > 0 ? `${counted(epochs, 'epoch')} in ` : ''}${formatSeconds(seconds)}.`;
  return resultTable({
    columns: [
      column('trial', model, 'text'),
      column('valid', `valid ${metric}`, 'metric', 'Best value on valid.'),
      column('bestEpoch', 'best epoch', 'count'),
      column('end', 'end', 'text', 'How the trial ended.'),
      column('seconds', 'time', 'seconds'),
      column('options', 'options', 'text'),
    ],
    rows: shown.map((t) => ({
      cells: {
        trial: `trial ${t.trial + 1}`,
        valid: t.value,
        // A computed model has no epochs.
        bestEpoch: t.bestEpoch || undefined,
        end: endOf(t),
        ...{ seconds: t.seconds, options: formatOptions(t.options) },
      },
    })),
    notes: [`${cost} ${gainOf(search, metric)}`],
  });
}

function countsOf(trials: readonly Trial[]): string {
  const words = { stopped: 'stopped early', failed: 'failed', repeated: 'repeated' } as const;
  return Object.entries(words)
    .map(([reason, word]) => ({ word, n: trials.filter((t) => t.reason === reason).length }))
    .map(({ word, n }) => (n > 0 ? `, ${n} ${word}` : ''))
    .join('');
}

function gainOf({ trials, best }: ModelSearch, metric: string): string {
  if (!best) return 'All trials failed; the log has the errors.';
  const start = trials.find((t) => t.trial === 0)?.value;
  if (best.trial.trial === 0) return 'No trial was better than trial 1:';
  return start
    ? `The best trial has ${formatPercent(best.trial.value! / start - 1)} ${metric} compared with trial 1:`
    : 'The best trial:';
}

/** How a trial ended, in a few words. */
export function endOf({ reason, epochs, error }: Trial): string {
  const words = {
    epochs: `all ${epochs} epochs`,
    patience: `patience ended at epoch ${epochs}`,
    stopped: `stopped after epoch ${epochs}`,
    computed: 'computed in closed form',
    repeated: 'same options as an earlier trial',
    failed: `failed: ${error?.code}`,
  };
  return words[reason];
}

/** A finished trial in one line. */
export function trialText(trial: Trial, metric: string): string {
  const outcome =
    trial.value === undefined
      ? `failed (${trial.error?.code})`
      : `${metric} ${formatMetric(trial.value)} (${endOf(trial)}, ${formatSeconds(trial.seconds)})`;
  return `${outcome}, ${formatOptions(trial.options)}`;
}
