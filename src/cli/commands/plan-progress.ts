/** Shows the progress of a plan: its jobs, their progress and their results. */
import type { Finished, PlanEvent, PlanListener } from '../../experiment/index.js';
import { formatMetric, formatSeconds } from '../../report/format.js';
import { rankingLines } from '../../report/index.js';
import type { Console } from '../terminal/_command.js';
import { failureOf } from '../terminal/failure.js';
import { createProgressBar, type ProgressBar } from '../terminal/progress.js';
import { followSearch } from './tune-progress.js';

export interface PlanProgress {
  readonly listen: PlanListener;
  close(): void;
}

/** The display of one job. */
interface View {
  readonly bar: ProgressBar;
  readonly search: ReturnType<typeof followSearch>;
}

/** The part of which finished runs show the metric: `valid` where test is not to be seen yet. */
type Part = 'valid' | 'test';

/** @param atOnce number of simultaneous jobs; only a single job is shown as a bar */
export function followPlan(console: Console, asked: string, atOnce: number, part: Part = 'test'): PlanProgress {
  const own = atOnce > 1 ? { ...console, terminal: false } : console;
  let metric = asked;
  const create = (): View => ({ bar: createProgressBar(own, metric), search: followSearch(own, metric) });
  let shared = create();
  const views = new Map<string, View>();
  const viewOf = (job: string): View => views.get(job) ?? shared;
  return {
    listen(event) {
      if (event.type === 'data') {
        metric = event.evaluation.selectBy;
        shared = create();
        return;
      }
      const { bar, search } = viewOf(event.job);
      if (event.type === 'started') {
        const view = atOnce > 1 ? create() : shared;
        views.set(event.job, view);
        view.bar.job(`[${event.at}/${event.of}] ${event.job}`);
      } else if (event.type === 'progress') {
        if (event.event.type === 'search') search.listen(event.event.event);
        else bar.train(event.event);
      } else {
        for (const line of linesOf(event, metric, part)) bar.say(line);
        if (event.type === 'finished' || event.type === 'failed') views.delete(event.job);
      }
    },
    close() {
      for (const { bar, search } of [shared, ...views.values()]) {
        bar.close();
        search.close();
      }
    },
  };
}

type Message = Exclude<PlanEvent, { readonly type: 'data' | 'started' | 'progress' }>;

function linesOf(event: Message, metric: string, part: Part): readonly string[] {
  const { job } = event;
  switch (event.type) {
    case 'rankings':
      return rankingLines(event.report);
    case 'waiting':
      return [`${job}: waiting for process ${event.pid}, which has been making this run since ${event.since}`];
    case 'retry':
      return [
        `${job}: the process ended with ${event.end}; continuing from the last checkpoint (retry ${event.attempt} of ${event.most})`,
      ];
    case 'failed':
      return [`${job} failed: ${failureOf(event.error).message}`];
    case 'skipped':
      return [`${job} is skipped: ${event.because} failed`];
    case 'finished':
      if (event.results.length === 0)
        return event.reused
          ? [`${job}: ${event.from === undefined ? 'already finished' : `already finished as ${event.from}`}`]
          : [];
      return event.results.map((result) => `${result.name}: ${outcomeOf(result, metric, part)}`);
  }
}

function outcomeOf(finished: Finished, metric: string, part: Part): string {
  const { result, valid, ensemble, reused, from } = finished;
  // The evaluation may have to be read from disk first.
  const tested = () => result?.metrics ?? finished.evaluation.means;
  const values = part === 'test' ? tested() : (valid ?? (ensemble ? { [metric]: ensemble.value } : {}));
  const value = `${part} ${metric} ${formatMetric(values[metric])}`;
  if (from !== undefined) return `${value} (already finished as ${from})`;
  if (reused) return `${value} (already finished)`;
  return result?.seconds === undefined ? value : `${value} (${formatSeconds(result.seconds)})`;
}
