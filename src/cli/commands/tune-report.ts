/** The result of a search: the best trials of each model, their cost, and commands that use them. */
import { join } from 'node:path';
import type { EvaluationOptions, SampleSize } from '../../eval/index.js';
import type { ModelSearch, TuneResult } from '../../experiment/index.js';
import { flagsOf } from '../../experiment/presets/index.js';
import { modelOf } from '../../models/index.js';
import { sampleNotes } from '../../report/format.js';
import { searchTable } from '../../report/index.js';
import { SEARCH_LOG } from '../../runs/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { wordsOf } from '../terminal/flags.js';
import { dataGroup, evaluationGroup } from '../terminal/groups.js';
import { nextSteps, quoted, usedFlags } from './job.js';

export interface SearchSetting {
  readonly given: Given;
  readonly folder: string;
  readonly runs: string;
  readonly evaluation: EvaluationOptions;
  /** Present if only a sample of the users was evaluated. */
  readonly sample?: SampleSize;
  readonly console: Console;
  /** The beginning of a `distill` command, for a search with a method. */
  readonly distil?: string;
}

export function searchReport({ searches, preset }: TuneResult, setting: SearchSetting): Answer {
  const { given, folder, runs, evaluation, sample, console, distil } = setting;
  const path = join(folder, 'preset.json');
  const same = wordsOf([dataGroup, evaluationGroup], given).map(quoted);
  const found = searches.filter((s) => s.best).map((s) => s.model);
  const seed = (models: readonly string[]) =>
    given.flags.seed !== undefined && models.some((m) => 'seed' in modelOf(m).options.shape)
      ? [`--seed=${given.flags.seed}`]
      : [];
  const commandOf = (s: ModelSearch) =>
    s.best
      ? [
          ...(distil ? [distil] : ['train', s.model]),
          ...same,
          ...seed([s.model]),
          flagsOf(s.best.options),
          ...usedFlags(),
        ].join(' ')
      : undefined;
  const text = [
    ...searches.map((s) => modelText(s, evaluation.selectBy, commandOf(s))),
    ...sampleNotes([sample]),
    `All trials: ${searches.map((s) => join(folder, s.model, SEARCH_LOG)).join(', ')}`,
    ...(preset && found.length > 0
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
    ...{ folder, selectBy: evaluation.selectBy },
    ...(sample ? { sample: { users: sample.users, of: sample.of } } : {}),
    ...(preset ? { preset: path, data: preset.data } : {}),
    searches: searches.map((s) => ({ ...s, command: commandOf(s) })),
  };
  return { text, json, failed: found.length < searches.length };
}

const modelText = (s: ModelSearch, metric: string, command: string | undefined): string =>
  [searchTable(s, metric).toText(), ...(command ? [`  ${command}`] : []), ''].join('\n');
