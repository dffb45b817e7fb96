/** Shows the progress of a search: a line for each finished trial, and on a terminal a bar for the current one. */

import type { SearchEvent } from '../../experiment/search/index.js';
import { trialText } from '../../report/index.js';
import type { Console } from '../terminal/_command.js';
import { createProgressBar } from '../terminal/progress.js';

export function followSearch(
  console: Console,
  metric: string,
): { readonly listen: (event: SearchEvent) => void; readonly close: () => void } {
  // Without a terminal, a line for each evaluation would be too much.
  const progress = createProgressBar({ ...console, quiet: console.quiet || !console.terminal }, metric);
  const say = console.terminal ? progress.say : console.say;
  let of = 0;
  let best = Number.NEGATIVE_INFINITY;
  return {
    listen(event) {
      if (event.type === 'model') {
        best = event.best ?? Number.NEGATIVE_INFINITY;
        const rungs = event.rungs.length > 0 ? `; weak trials are stopped after epoch ${event.rungs.join(', ')}` : '';
        const before = event.done > 0 ? `; ${event.done} trials are already finished` : '';
        const length = event.epochs > 0 ? ` of at most ${event.epochs} epochs` : '';
        say(
          `${event.model}: ${event.trials} trials${length}, searching ${Object.keys(event.space).join(', ')}${rungs}${before}.`,
        );
      } else if (event.type === 'trial') {
        of = event.of;
        progress.job(`${event.model} trial ${event.trial + 1} of ${of}`);
      } else if (event.type === 'train') progress.train(event.event);
      else {
        const { trial } = event;
        const isBest = trial.value !== undefined && trial.value > best;
        if (isBest) best = trial.value!;
        say(
          `${trial.model} trial ${trial.trial + 1} of ${of}: ${trialText(trial, metric)}${isBest ? ', best so far' : ''}`,
        );
      }
    },
    close: progress.close,
  };
}
