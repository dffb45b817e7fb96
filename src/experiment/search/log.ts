/** The log of a search, with one line for each finished trial. A search continues from its log. */
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../../errors.js';
import { appendLine, readSealedLines, sealedLine } from '../../formats/index.js';
import { type RunFolder, SEARCH_LOG } from '../../runs/index.js';

const value = z.union([z.number(), z.string(), z.boolean()]);

const trial = z.strictObject({
  model: z.string(),
  /** Counted from 0 for each model. */
  trial: z.int().min(0),
  /** The options that are searched. */
  options: z.record(z.string(), value),
  /** The best result on valid in the metric that selects; absent if the trial failed. */
  value: z.number().optional(),
  /** All metrics on valid at the best epoch. */
  metrics: z.record(z.string(), z.number()).optional(),
  bestEpoch: z.int().optional(),
  epochs: z.int(),
  /** `repeated`: an earlier trial had the same options, and its result is used. */
  reason: z.enum(['epochs', 'patience', 'stopped', 'computed', 'repeated', 'failed']),
  /** The best result so far at the rungs that the trial reached, by epoch. */
  rungs: z.record(z.string(), z.number()),
  seconds: z.number(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});

/** A finished trial. */
export type Trial = z.output<typeof trial>;

export interface TrialLog {
  /** In the order in which they finished. */
  readonly trials: readonly Trial[];
  /** @throws RecdistillError `write-failed` */
  add(trial: Trial): void;
}

/** @param run undefined for a log in memory only. @throws RecdistillError `artifact-damaged`, `read-failed` */
export function openTrialLog(run: Pick<RunFolder, 'path' | 'confirm'> | undefined): TrialLog {
  const path = run && join(run.path, SEARCH_LOG);
  const trials = path === undefined ? [] : readTrials(path);
  return {
    trials,
    add(finished) {
      if (path !== undefined) appendLine(path, sealedLine(finished), run?.confirm);
      trials.push(finished);
    },
  };
}

/** The trials of a log. @throws RecdistillError `artifact-damaged`, `read-failed` */
export function readTrials(path: string): Trial[] {
  const next = new Map<string, number>();
  return readSealedLines(path).map((line, at) => {
    const parsed = trial.safeParse(line);
    const expected = parsed.success ? (next.get(parsed.data.model) ?? 0) : undefined;
    if (!parsed.success || parsed.data.trial !== expected) {
      const problem = `line ${at + 1} is not ${expected === undefined ? 'a trial' : `trial ${expected}`}`;
      fail('artifact-damaged', { path, problem, hint: 'Restore the file, or add --overwrite to start a new search.' });
    }
    next.set(parsed.data.model, expected! + 1);
    return parsed.data;
  });
}

/** The best first: trials that ended, by value; then stopped trials, by epochs and value; then failed trials. */
export function ranked(trials: readonly Trial[]): Trial[] {
  const group = (t: Trial) => (t.value === undefined ? 2 : t.reason === 'stopped' ? 1 : 0);
  const length = (t: Trial) => (group(t) === 1 ? t.epochs : 0);
  return [...trials].sort(
    (a, b) => group(a) - group(b) || length(b) - length(a) || (b.value ?? 0) - (a.value ?? 0) || a.trial - b.trial,
  );
}
