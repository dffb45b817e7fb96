/** Checks of arguments that plain JavaScript does not check: runs, lists of runs, paths. */
import { fail } from '../errors.js';
import { shown } from '../options/unit-check.js';
import type { Run } from './run.js';

/** A value in a message. */
export const described = (given: unknown): string => (given instanceof Promise ? 'a promise' : shown(given));

/** @param what the role of the run in messages, such as `a teacher` @throws RecdistillError `needs-not-met` if it is not a run */
export function expectRun(run: Run | undefined, what: string): Run {
  if (run?.trajectory && run.data) return run;
  return fail('needs-not-met', {
    problem: `${what} is not a run; it is ${described(run)}`,
    hint: 'Pass the awaited result of train, distill, importRankings or openRun.',
  });
}

/** @throws RecdistillError `usage` if it is not a list, `needs-not-met` if one of them is not a run */
export function expectRuns(runs: readonly Run[], call: string, what: string): readonly Run[] {
  if (!Array.isArray(runs)) {
    const hint = 'Pass a list, also of a single run: [run].';
    fail('usage', { problem: `${call} needs a list of runs; ${what} is ${described(runs)}`, hint });
  }
  return runs.map((run) => expectRun(run, what === 'teachers' ? 'a teacher' : 'one of them'));
}

/** @throws RecdistillError `usage` if it is not the path of a file or folder */
export function expectPath(path: string, call: string): string {
  if (typeof path === 'string' && path !== '') return path;
  const hint = `For example: ${call}('runs/student').`;
  return fail('usage', { problem: `${call} needs a path; it is ${described(path)}`, hint });
}
