/** The model of costs: `cost = a + b x work`, fitted on the measured sizes between the smallest and the largest, and checked on the largest. */
import { type Size, sizeOf } from './made.js';

/** A case as `case.js` prints it. */
export interface Case {
  readonly work: string;
  readonly size: string;
  readonly unit?: string;
  readonly seconds?: number;
  readonly processorSeconds?: number;
  readonly share?: number;
  readonly peakBytes?: number;
  /** Why it could not be measured. */
  readonly failed?: string;
}

export interface Fit {
  readonly a: number;
  readonly b: number;
  /** Slope of log(cost) over log(interactions), over all measured sizes. */
  readonly slope: number;
  /** What the fit says of the checked size, and what was measured there. Absent if it was not measured. */
  readonly check?: { readonly predicted: number; readonly measured: number };
}

/** What the time of a work is proportional to. */
export const workOf = (work: string, { nUsers, nItems, interactions }: Size): number => {
  if (work === 'mult-vae') return nUsers * nItems;
  return work === 'evaluate' ? nItems : interactions;
};

/** The size that a fit does not see. */
export const CHECKED = '50M';

/** Tables of this size are in the cache of the processor, and those of the others are not: it would say too little of them. */
export const CACHED = '1M';

interface Point {
  readonly size: string;
  readonly work: number;
  readonly cost: number;
}

/** @param cost of a case; undefined: not measured @param work of a size. @returns undefined with fewer than two sizes to fit */
export function fitOf(
  cases: readonly Case[],
  cost: (one: Case) => number | undefined,
  work: (size: Size) => number,
): Fit | undefined {
  const points = cases.flatMap((one): Point[] => {
    const measured = cost(one);
    return measured === undefined ? [] : [{ size: one.size, work: work(sizeOf(one.size)), cost: measured }];
  });
  const fitted = points.filter(({ size }) => size !== CHECKED && size !== CACHED);
  if (fitted.length < 2) return undefined;
  const { a, b } = line(fitted);
  const checked = points.find(({ size }) => size === CHECKED);
  const slope = line(
    points.map(({ size, cost: c }) => ({ size, work: Math.log(sizeOf(size).interactions), cost: Math.log(c) })),
    () => 1,
  ).b;
  return { a, b, slope, ...(checked && { check: { predicted: a + b * checked.work, measured: checked.cost } }) };
}

/** The line of least squares. @param weight of a point; default: so that relative errors count. Then a and b are at least 0 */
function line(points: readonly Point[], weight?: (point: Point) => number): { a: number; b: number } {
  const of = weight ?? (({ cost }: Point) => 1 / cost ** 2);
  const sum = (value: (p: Point) => number) => points.reduce((total, p) => total + of(p) * value(p), 0);
  const [n, x, y] = [sum(() => 1), sum((p) => p.work), sum((p) => p.cost)];
  const [xx, xy] = [sum((p) => p.work ** 2), sum((p) => p.work * p.cost)];
  const b = (n * xy - x * y) / (n * xx - x * x);
  const a = (y - b * x) / n;
  if (weight || (a >= 0 && b >= 0)) return { a, b };
  return a < 0 ? { a: 0, b: xy / xx } : { a: y / n, b: 0 };
}
