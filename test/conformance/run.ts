/** Runs golden cases through the checkers. */
import type { Checker, Checkers, Json } from './_checker.js';
import { firstDifference } from './difference.js';
import type { GoldenCase } from './folder.js';

export interface Verdict {
  readonly subject: string;
  readonly name: string;
  /** Why it failed; absent if it passed. */
  readonly problem?: string;
  /** What was compared, as in `float64 + float32`. */
  readonly compared?: string;
}

/** Checks one case. Never throws: whatever goes wrong is the problem of the case. */
export async function runCase(golden: GoldenCase, checkers: Checkers): Promise<Verdict> {
  const { subject, name } = golden;
  const checker = Object.hasOwn(checkers, subject) ? checkers[subject] : undefined;
  if (!checker) return { subject, name, problem: 'not implemented' };
  try {
    return { subject, name, ...(await evaluator(golden, checker)) };
  } catch (error) {
    return { subject, name, problem: `threw ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function evaluator(golden: GoldenCase, checker: Checker): Promise<Pick<Verdict, 'problem' | 'compared'>> {
  const { float64, float32 } = await checker.check(golden.inputs);
  const reference = firstDifference(float64, golden.expected, golden.tolerance);
  if (reference !== undefined) return { problem: `float64 ${reference}` };
  if (float32 === undefined) return { compared: 'float64' };
  if (!checker.float32) return { problem: 'float32 has no stated tolerance' };
  const expected = ofKernel(golden.expected, checker.float32.keys);
  if (Object.keys(expected).length === 0) return { problem: 'float32 compares nothing that is expected' };
  const kernel = firstDifference(float32, expected, checker.float32);
  return kernel === undefined ? { compared: 'float64 + float32' } : { problem: `float32 ${kernel}` };
}

function ofKernel(expected: { readonly [key: string]: Json }, keys?: readonly string[]): { [key: string]: Json } {
  return Object.fromEntries(Object.entries(expected).filter(([key]) => keys?.includes(key) ?? true));
}

/** One line of the report. */
export function describeVerdict({ subject, name, problem, compared }: Verdict): string {
  return problem === undefined ? `ok ${subject} ${name} (${compared})` : `FAIL ${subject} ${name}: ${problem}`;
}
