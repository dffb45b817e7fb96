/** What a search found: the best trials of each model, what it took, and how to use it. */
import { join } from 'node:path';
import type { EvaluationOptions } from '../../eval/index.js';
import { flagsOf } from '../../experiment/presets/index.js';
import type { ModelSearch, TuneResult } from '../../experiment/search/index.js';
import { modelOf } from '../../models/index.js';
import { SEARCH_LOG } from '../../runs/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { wordsOf } from '../terminal/flags.js';
import { formatCount, formatMetric, formatPercent, formatSeconds } from '../terminal/format.js';
import { dataGroup, evaluationGroup } from '../terminal/groups.js';
import { renderTable } from '../terminal/table.js';
import { nextSteps, quoted } from './job.js';
import { endOf, pointText } from './tune-progress.js';

/** Trials that are shown for each model; the log has all. */
const SHOWN = 5;

export interface SearchSetting {
  readonly given: Given;
  readonly folder: string;
  readonly runs: string;
  readonly evaluation: EvaluationOptions;
  readonly console: Console;
}

export function searchReport({ searches, preset }: TuneResult, setting: SearchSetting): Answer {
  const { given, folder, runs, evaluation, console } = setting;
  const path = join(folder, 'preset.json');
  const same = wordsOf([dataGroup, evaluationGroup], given).map(quoted);
  const found = searches.filter((s) => s.best).map((s) => s.model);
  const seed = (models: readonly string[]) =>
    given.flags.seed !== undefined && models.some((m) => 'seed' in modelOf(m).options.shape)
      ? [`--seed=${given.flags.seed}`]
      : [];
  const commandOf = (s: ModelSearch) =>
    s.best ? ['train', s.model, ...same, ...seed([s.model]), flagsOf(s.best.options)].join(' ') : undefined;
  const text = [
    ...searches.map((s) => modelText(s, evaluation.selectBy, commandOf(s))),
    `All trials: ${join(folder, SEARCH_LOG)}`,
    ...(found.length > 0
      ? [
          `The best options as a preset: ${path}`,
          '',
          nextSteps(console.program, runs, [
            ['train', ...found, ...same, ...seed(found), '--preset', quoted(path)].join(' '),
          ]),
        ]
      : []),
  ].join('\n');
  const json = {
    ...{ folder, preset: path, data: preset.data, selectBy: evaluation.selectBy },
    searches: searches.map((s) => ({ ...s, command: commandOf(s) })),
  };
  return { text, json, failed: found.length < searches.length };
}

function modelText(s: ModelSearch, metric: string, command: string | undefined): string {
  const right = (title: string) => ({ title, right: true });
  const shown = s.trials.filter((t) => t.reason !== 'repeated').slice(0, SHOWN);
  const table = renderTable(
    [
      { title: s.model },
      right(`valid ${metric}`),
      right('best epoch'),
      { title: 'end' },
      right('time'),
      { title: 'options' },
    ],
    shown.map((t) => [
      `trial ${t.trial + 1}`,
      formatMetric(t.value),
      t.bestEpoch ? String(t.bestEpoch) : '-',
      endOf(t),
      formatSeconds(t.seconds),
      pointText(t.options),
    ]),
  );
  const cost = `${s.trials.length} trials${countsOf(s)}; ${s.epochs > 0 ? `${formatCount(s.epochs)} epochs in ` : ''}${formatSeconds(s.seconds)}.`;
  return [table, '', `${cost} ${gainOf(s, metric)}`, ...(command ? [`  ${command}`] : []), ''].join('\n');
}

function countsOf({ trials }: ModelSearch): string {
  const words = { stopped: 'stopped early', failed: 'failed', repeated: 'tried before' } as const;
  return Object.entries(words)
    .map(([reason, word]) => ({ word, n: trials.filter((t) => t.reason === reason).length }))
    .map(({ word, n }) => (n > 0 ? `, ${n} ${word}` : ''))
    .join('');
}

function gainOf({ trials, best }: ModelSearch, metric: string): string {
  if (!best) return 'No trial came to an end; the log has the errors.';
  const start = trials.find((t) => t.trial === 0)?.value;
  if (best.trial.trial === 0) return 'Nothing was better than the start. It is:';
  return start
    ? `The best has ${formatPercent(best.trial.value! / start - 1)} in ${metric} against the start (trial 1):`
    : 'The best:';
}
