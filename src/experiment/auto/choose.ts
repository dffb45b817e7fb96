/** Which model `auto` ships. The choice sees valid only. */
import { fail } from '../../errors.js';
import { pairedT } from '../../eval/index.js';
import type { AutoLimits } from './options.js';

/** A model that can be shipped: it has a bundle. */
export interface Candidate {
  readonly name: string;
  /** `single`: a member of an ensemble. `direct`: trained without teachers, of the size of a student. */
  readonly kind: 'student' | 'direct' | 'single';
  readonly dim: number;
  /** Of the bundle. */
  readonly bytes: number;
  /** Measured. */
  readonly microseconds: number;
  /** The metric that selects, on valid. */
  readonly value: number;
  /** Its value for each user of valid. */
  readonly perUser: ArrayLike<number>;
}

export interface Rival<C> {
  readonly candidate: C;
  /** Two-sided paired t test over the users of valid against the chosen model. NaN if no user differs. */
  readonly p: number;
}

export interface AutoChoice<C> {
  readonly chosen: C;
  /** Whether it keeps the share of the reference that was asked for. */
  readonly keeps: boolean;
  /** Share of the reference on valid. */
  readonly share: number;
  /** The next larger model of the frontier; absent if the chosen one is the last. */
  readonly larger?: Rival<C>;
  /** Of the size of the chosen model: the best model without teachers if that is a student, otherwise the best student. */
  readonly rival?: Rival<C>;
  /** Why `chosen` is what it is, in sentences. */
  readonly reasons: readonly string[];
}

/** Differences with a larger p-value are not significant. */
export const ALPHA = 0.05;
/** Bundles whose sizes differ by less are of the same size: models of one dim differ by their biases and by how well their ids compress. */
const SAME_SIZE = 1.1;

/** The smaller, then the faster. Latencies are measured and differ from run to run, so the dim stands for them. */
const bySize = (a: Candidate, b: Candidate): number => a.bytes - b.bytes || a.dim - b.dim || b.value - a.value;

const best = <C extends Candidate>(all: readonly C[]): C =>
  [...all].sort((a, b) => b.value - a.value || bySize(a, b))[0]!;

/** Descriptions and checksums in a bundle differ by some bytes. Among bundles that differ by less, the best counts as the smallest. */
const EQUAL_SIZE = 1.005;

function smallest<C extends Candidate>(all: readonly C[]): C {
  const least = Math.min(...all.map((c) => c.bytes));
  return best(all.filter((c) => c.bytes <= EQUAL_SIZE * least));
}

/** Candidates that are better than all smaller ones, from the smallest. */
export function frontierOf<C extends Candidate>(candidates: readonly C[]): C[] {
  const frontier: C[] = [];
  for (const candidate of [...candidates].sort(bySize))
    if (frontier.length === 0 || candidate.value > frontier.at(-1)!.value) frontier.push(candidate);
  return frontier;
}

const pOf = (a: Candidate, b: Candidate): number => pairedT(a.perUser, b.perUser).pTwoSided;

/** Whether `a` is significantly worse than `b`. Equal lists have no p-value and are not worse. */
const isWorse = (a: Candidate, b: Candidate): boolean => a.value < b.value && pOf(a, b) < ALPHA;

/**
 * The smallest candidate that keeps enough of the reference and is within the limits. A student gives way to a model of the same size without
 * teachers that keeps enough and is not significantly worse. If none keeps enough, the best within the limits.
 * @param candidates with the same users, at least one
 * @param reference value of the best ensemble on valid, above 0
 * @throws RecdistillError `needs-not-met` if no candidate is within the limits
 */
export function choose<C extends Candidate>(
  candidates: readonly C[],
  reference: number,
  limits: AutoLimits,
): AutoChoice<C> {
  const { keep, maxBytes = Number.POSITIVE_INFINITY, maxMicroseconds = Number.POSITIVE_INFINITY } = limits;
  const small = candidates.filter((c) => c.bytes <= maxBytes);
  const within = small.filter((c) => c.microseconds <= maxMicroseconds);
  if (within.length === 0) refuseLimits(candidates, small, limits);
  const enough = (c: Candidate) => c.value >= keep * reference;
  const kept = within.filter(enough);
  const keeps = kept.length > 0;
  const first = keeps ? smallest(kept) : best(within);
  const reasons = keeps ? [] : [notKept(candidates, within, enough, limits)];
  const other = rivalOf(first, within);
  const able = other !== undefined && other.kind !== 'student' && (!keeps || enough(other));
  const replaces = able && !isWorse(other, first);
  const [chosen, rival] = replaces ? [other, first] : [first, other];
  if (replaces) {
    reasons.push(
      `${chosen.name}, trained without teachers, is of the same size as ${first.name} and not significantly worse: distillation is not worth it here.`,
    );
  } else if (first.kind !== 'student') {
    reasons.push(
      `${first.name} is not distilled: a model without teachers is the ${keeps ? 'smallest that keeps enough' : 'best within the limits'}.`,
    );
  }
  const after = frontierOf(within).find((c) => c.bytes > EQUAL_SIZE * chosen.bytes && c.value > chosen.value);
  return {
    ...{ chosen, keeps, share: chosen.value / reference, reasons },
    ...(after ? { larger: { candidate: after, p: pOf(after, chosen) } } : {}),
    ...(rival ? { rival: { candidate: rival, p: pOf(rival, chosen) } } : {}),
  };
}

/** The best of the other sort, student or not, that is not larger. */
function rivalOf<C extends Candidate>(first: C, among: readonly C[]): C | undefined {
  const taught = (c: Candidate) => c.kind === 'student';
  const all = among.filter((c) => taught(c) !== taught(first) && c.bytes <= SAME_SIZE * first.bytes);
  return all.length === 0 ? undefined : best(all);
}

/** Names the limit that is in the way of keeping enough. */
function notKept<C extends Candidate>(
  all: readonly C[],
  within: readonly C[],
  enough: (c: Candidate) => boolean,
  { keep, maxBytes, maxMicroseconds }: AutoLimits,
): string {
  const share = `${Number((100 * keep).toFixed(4))}%`;
  const able = all.filter(enough).sort(bySize);
  if (able.length === 0)
    return `No model keeps ${share} of the ensemble. The best one is taken: a larger time budget may find better ones, or ask for less (keep).`;
  const first = able[0]!;
  const limits = [
    ...(maxBytes !== undefined && able.every((c) => c.bytes > maxBytes) ? ['the limit of the size (maxSize)'] : []),
    ...(maxMicroseconds !== undefined && able.every((c) => c.microseconds > maxMicroseconds)
      ? ['the limit of the latency (maxLatency)']
      : []),
  ];
  const why = limits.length > 0 ? limits.join(' and ') : 'the limits of size and latency together';
  return `No model within ${why} keeps ${share} of the ensemble; ${first.name}, with ${first.bytes} bytes, would. The best of the ${within.length} models within the limits is taken.`;
}

function refuseLimits(all: readonly Candidate[], small: readonly Candidate[], limits: AutoLimits): never {
  const least = [...all].sort(bySize)[0]!;
  const fastest = [...small].sort((a, b) => a.microseconds - b.microseconds)[0];
  const problem = fastest
    ? `no model within the size has the top 10 in ${limits.maxMicroseconds} microseconds: the fastest, ${fastest.name}, takes ${fastest.microseconds.toFixed(1)}`
    : `no model has a bundle of at most ${limits.maxBytes} bytes: the smallest, ${least.name}, has ${least.bytes}`;
  fail('needs-not-met', {
    problem,
    hint: `Raise ${fastest ? '--max-latency (maxLatency)' : '--max-size (maxSize)'}. All models are kept: the same command then only chooses again.`,
  });
}
