/** The guard against regressions: ratios to the fastest peer, compared with those in `ratios.json`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fail } from 'recdistill';
import type { CaseReport } from './pair.js';

/** A ratio may fall to this share of the recorded one: beyond what two runs on a quiet machine differ by. */
export const MOST_LOSS = 1.3;

/** The fastest peer's median time / ours, with stock and with tuned malloc, of each case of each row: `row/case`. */
export type Ratios = Readonly<Record<string, { readonly stock: number; readonly tuned: number }>>;

export interface Recorded {
  /** The machine on which the ratios were measured. */
  readonly machine: Readonly<Record<string, string | number>>;
  readonly ratios: Ratios;
}

export interface Verdict {
  readonly name: string;
  readonly text: string;
  readonly failed: boolean;
}

/** @throws RecdistillError `usage` if there is none */
export function readRecorded(path: string): Recorded {
  if (!existsSync(path))
    fail('usage', {
      problem: `there are no recorded ratios in ${path}`,
      hint: 'Record them first: npm run bench -- --record',
    });
  return JSON.parse(readFileSync(path, 'utf8')) as Recorded;
}

/** Replaces the ratios of the measured cases and keeps the others. */
export function writeRecorded(path: string, { machine, ratios }: Recorded): void {
  const before = existsSync(path) ? readRecorded(path).ratios : {};
  const all = Object.fromEntries(Object.entries({ ...before, ...ratios }).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify({ machine, ratios: all }, null, 2)}\n`);
}

/** The ratios of one case; undefined without a peer, or if other processes disturbed it. */
export function ratiosOf(report: CaseReport): { stock: number; tuned: number } | undefined {
  const { ratioStock: stock, ratioTuned: tuned, noisy, matched } = report;
  if (noisy || !matched || stock === undefined || tuned === undefined) return undefined;
  return { stock, tuned };
}

/** Compares a case with what was recorded of it. */
export function judge(name: string, report: CaseReport, recorded: Ratios): Verdict {
  if (!report.matched) return { name, text: 'the results differ', failed: true };
  const now = ratiosOf(report);
  if (!now)
    return { name, text: report.noisy ? 'not judged: the machine was busy' : 'not judged: no peer', failed: true };
  const then = recorded[name];
  if (!then) return { name, text: `${show(now)}; nothing recorded`, failed: true };
  // The kinder of the two: an allocator that suits a peer less on one day is no regression of ours.
  const loss = Math.min(then.stock / now.stock, then.tuned / now.tuned);
  const failed = !(loss <= MOST_LOSS);
  return {
    name,
    text: `${show(now)}; recorded ${show(then)}${failed ? `: ${loss.toFixed(2)} times slower` : ''}`,
    failed,
  };
}

const show = ({ stock, tuned }: { readonly stock: number; readonly tuned: number }): string =>
  `${stock.toPrecision(3)}x stock, ${tuned.toPrecision(3)}x tuned`;
