/** What is served: the response of `/v1/bundle` and of a reload. */
import type { StudentKind } from '../student/index.js';
import type { HistoriesReport } from './histories.js';
import type { Served } from './served.js';

export interface About {
  /** The first 12 digits of `sha256`. */
  readonly bundle: string;
  readonly sha256: string;
  readonly kind: StudentKind;
  /** How a student without users answers. */
  readonly answer?: 'history' | 'fold-in';
  /** Number of users that a request can name. */
  readonly users: number;
  readonly items: number;
  readonly dim: number;
  readonly precision: string;
  /** Bytes of all files of the bundle. */
  readonly bytes: number;
  /** Where the items that users have come from. With `none`, lists for known users may have items that they already have. */
  readonly histories: { readonly from: Served['from'] } & Partial<HistoriesReport>;
  readonly licence: string;
  /** Empty for a final fit, which is not evaluated. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of a final fit: the run that was evaluated, by its hash, and its metrics. */
  readonly evaluatedRun?: { readonly run: string; readonly metrics: Readonly<Record<string, number>> };
  readonly kernel: string;
}

export function aboutBundle({ id, manifest, kernel, users, bytes, from, report }: Served): About {
  const { sha256, kind = 'users-and-items', answer, items, dim, precision = 'f32', licence, metrics } = manifest;
  const { final } = manifest.madeBy;
  const evaluatedRun = evaluatedRunOf(final);
  const shape = { kind, ...(answer && { answer }), users, items, dim, precision };
  return {
    ...{ bundle: id, sha256, ...shape, bytes, histories: { from, ...report }, licence, metrics },
    ...(evaluatedRun === undefined ? {} : { evaluatedRun }),
    kernel,
  };
}

function evaluatedRunOf(final: unknown): About['evaluatedRun'] {
  if (typeof final !== 'object' || final === null || !('run' in final)) return undefined;
  const metrics = 'metrics' in final ? (final.metrics as Readonly<Record<string, number>>) : {};
  return { run: String(final.run), metrics };
}
