/** Shows the progress of a job: a bar on a terminal, lines elsewhere, nothing with --quiet. */
import { SingleBar } from 'cli-progress';
import { formatDone, formatLoss, formatMetric, formatPace, formatRate, formatSeconds } from '../../report/format.js';
import type { TrainEvent } from '../../train/index.js';
import type { Console } from './_command.js';

/** Milliseconds between lines. Evaluations are always shown. */
const LINE_MS = 2000;
/** Other work than epochs is shown after this time. */
const WORK_MS = 1000;
/** Milliseconds between lines on the same such work. Other work is shown after `LINE_MS`. */
const WORK_LINE_MS = 10_000;
/** Width of the bar in characters. */
const BAR = 20;
const CLEAR_LINE = '\r\x1b[K';

export interface ProgressBar {
  /** Starts a job; its title precedes the following lines. */
  job(title: string): void;
  train(event: TrainEvent): void;
  /** Writes a permanent line. */
  say(text: string): void;
  close(): void;
}

interface Painter {
  job(title: string): void;
  start(title: string, at: number, total: number): void;
  /** `always`: shown however recent the last line is. */
  step(title: string, at: number, total: number, facts: readonly string[], always: boolean): void;
  /** Other work than epochs: the share of it that is done. */
  work(title: string, what: string, share: number, left: string): void;
  clear(): void;
}

/**
 * @param metric the one that selects the best epoch, such as `recall@50`; shown while training
 * @param title of the work until a job starts
 */
export function createProgressBar(
  console: Console,
  metric: string,
  now: () => number = () => performance.now(),
  title = '',
): ProgressBar {
  const painter = console.quiet ? silent : console.terminal ? bar() : lines(console, now);
  let epochs = 0;
  let epoch = 0;
  let loss = Number.NaN;
  let best: { readonly epoch: number; readonly value: number } | undefined;
  let seconds = 0;
  let measured = 0;
  let work: { readonly what: string; readonly began: number; readonly from: number } | undefined;
  const say = (text: string) => {
    painter.clear();
    console.say(text);
  };
  const facts = (now?: number): string[] => {
    const progress = seconds / measured;
    const shown = now === undefined ? [] : [`${metric} ${formatMetric(now)}`];
    return [
      ...(Number.isNaN(loss) ? [] : [`loss ${formatLoss(loss)}`]),
      ...shown,
      ...(best ? [`best ${now === undefined ? `${metric} ` : ''}${formatMetric(best.value)} at ${best.epoch}`] : []),
      // Early stopping may end training sooner.
      ...(measured > 0 ? [`${formatPace(progress)}, at most ${formatSeconds(progress * (epochs - epoch))} left`] : []),
    ];
  };
  return {
    job(name) {
      title = name;
      [best, loss, seconds, measured, epoch, epochs] = [undefined, Number.NaN, 0, 0, 0, 0];
      painter.job(name);
    },
    train(event) {
      if (event.type === 'start') {
        [epoch, epochs] = [event.epoch, event.epochs];
        if (epoch > 0) say(`${title}: continuing after epoch ${epoch}`);
        painter.start(title, epoch, epochs);
      } else if (event.type === 'epoch') {
        [epoch, loss] = [event.epoch, event.loss];
        [seconds, measured] = [seconds + event.seconds, measured + 1];
        painter.step(title, epoch, epochs, facts(), false);
      } else if (event.type === 'evaluation' && epochs > 0) {
        // A final fit has no values.
        const value = event.metrics[metric];
        if (event.best && value !== undefined) best = { epoch: event.epoch, value };
        // Evaluation belongs to the time that an epoch takes.
        seconds += event.seconds;
        painter.step(title, epoch, epochs, facts(value), true);
      } else if (event.type === 'progress') {
        const share = event.done / event.total;
        if (work?.what !== event.what || share < work.from) work = { what: event.what, began: now(), from: share };
        const took = now() - work.began;
        if (took < WORK_MS || share <= work.from) return;
        const finished = share - work.from;
        // A small share gives no estimate of the rest.
        const rest = finished < LEAST_SHARE ? '' : `, ${formatSeconds((took / 1000 / finished) * (1 - share))} left`;
        const rate = event.unit === undefined ? '' : `, ${formatRate((finished * event.total) / (took / 1000))}`;
        const left = `${rate}${rate === '' ? '' : ` ${event.unit} a second`}${rest}`;
        painter.work(title, event.what, share, left);
      } else if (event.type === 'estimate') {
        if (event.seconds >= 1) say(`${title}: ${event.what} takes about ${formatSeconds(event.seconds)} here`);
      } else if (event.type === 'note') say(`${title}: ${event.message}`);
      else if (event.type === 'stop') painter.clear();
    },
    say,
    close: () => painter.clear(),
  };
}

/** The time left is shown after this share of the work. */
const LEAST_SHARE = 0.005;

const silent: Painter = { job() {}, start() {}, step() {}, work() {}, clear() {} };

function lines(console: Console, now: () => number): Painter {
  let last = Number.NEGATIVE_INFINITY;
  let worked = Number.NEGATIVE_INFINITY;
  let workedOn = '';
  return {
    job: (title) => console.say(`${title} ...`),
    start() {
      last = now();
    },
    step(title, at, total, facts, always) {
      if (!always && now() - last < LINE_MS) return;
      last = now();
      console.say([`${title}: epoch ${at} of ${total}`, ...facts].join(', '));
    },
    work(title, what, share, left) {
      if (now() - worked < (what === workedOn ? WORK_LINE_MS : LINE_MS)) return;
      [worked, workedOn] = [now(), what];
      console.say(`${title}: ${what}, ${formatDone(share)}${left}`);
    },
    clear() {},
  };
}

function bar(): Painter {
  let drawn: SingleBar | undefined;
  const clear = () => {
    drawn?.stop();
    drawn = undefined;
    process.stderr.write(CLEAR_LINE);
  };
  return {
    job(title) {
      clear();
      process.stderr.write(`${title} ...`);
    },
    start(title, at, total) {
      clear();
      const format = '{title} {bar} {value}/{total} {facts}';
      // gracefulExit would handle Ctrl-C itself.
      const options = { format, barsize: BAR, barCompleteChar: '#', barIncompleteChar: '.', gracefulExit: false };
      // A second Ctrl-C would leave line wrap switched off, so the text is cut instead.
      drawn = new SingleBar({ ...options, clearOnComplete: true, linewrap: true });
      drawn.start(total, at, { title, facts: '' });
    },
    step(title, at, total, facts) {
      const room = (process.stderr.columns ?? 80) - title.length - BAR - 2 * String(total).length - 6;
      drawn?.update(at, { facts: facts.join(', ').slice(0, Math.max(0, room)) });
    },
    work(title, what, share, left) {
      if (drawn) return drawn.update({ facts: `${what}, ${formatDone(share)}` });
      const done = Math.floor(BAR * share);
      const text = `${title} ${'#'.repeat(done)}${'.'.repeat(BAR - done)} ${what}, ${formatDone(share)}${left}`;
      process.stderr.write(`${CLEAR_LINE}${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    },
    clear,
  };
}
