/**
 * How a run records its trajectory: it does not know which epoch will be its best, so it keeps snapshots on the way, thinned so
 * that there are never many, and chooses at the end.
 */
/** At most twice this many snapshots are kept at any time. */
const SNAPSHOTS = 16;

/** Distance, in evaluations, between the snapshots that are kept after `evaluations` of them: a power of two. */
export function strideAfter(evaluations: number): number {
  let stride = 1;
  while (evaluations / stride > SNAPSHOTS) stride *= 2;
  return stride;
}

/**
 * Which of the kept epochs make the trajectory: `checkpoints - 1` as evenly spaced over `(0, best)` as the kept ones allow, then the
 * best one (methods.md, choice C2). Fewer if the run was too short for so many.
 */
export function chooseEpochs(kept: readonly number[], best: number, checkpoints: number): number[] {
  const before = kept.filter((e) => e < best);
  const chosen: number[] = [];
  for (let c = 1; c < checkpoints; c++) {
    const target = (best * c) / checkpoints;
    const free = before.filter((e) => !chosen.includes(e));
    const nearest = free.reduce((a, b) => (Math.abs(b - target) < Math.abs(a - target) ? b : a), free[0] ?? -1);
    if (nearest >= 0) chosen.push(nearest);
  }
  return [...chosen.sort((a, b) => a - b), best];
}
