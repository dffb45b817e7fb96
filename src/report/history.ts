/** Metrics by epoch of a run, from its logs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { jobFiles, readCheckpointMetrics, readLogs } from '../runs/index.js';

type Metrics = Readonly<Record<string, number>>;

/** The log entry of HetComp's dynamic knowledge construction. */
const construction = z.object({
  epoch: z.number(),
  details: z.object({
    fine: z.number(),
    threshold: z.number(),
    teachers: z.array(z.object({ teacher: z.string(), share: z.array(z.number()), distance: z.number() })),
  }),
});

export interface Construction {
  readonly epoch: number;
  /** Share of users with the fine-grained loss. */
  readonly fine: number;
  readonly teachers: readonly {
    readonly teacher: string;
    /** Share of users at each checkpoint. */
    readonly share: readonly number[];
    /** Mean discrepancy of the student's lists from the last checkpoint, from 0 to 1. */
    readonly distance: number;
  }[];
}

export interface History {
  readonly valid: readonly { readonly epoch: number; readonly metrics: Metrics }[];
  /** Empty without the pipeline's option `testCurve`. */
  readonly test: readonly { readonly epoch: number; readonly metrics: Metrics }[];
  /** Epochs and valid metrics of the checkpoints of its trajectory. */
  readonly checkpoints: readonly { readonly epoch: number; readonly metrics: Metrics }[];
  /** Empty for methods other than HetComp. */
  readonly constructions: readonly Construction[];
}

const numbersOf = (line: Readonly<Record<string, unknown>>): Metrics =>
  Object.fromEntries(
    Object.entries(line).filter((e): e is [string, number] => typeof e[1] === 'number' && e[0].includes('@')),
  );

/** @throws RecdistillError `read-failed`, `artifact-damaged` */
export function readHistory(folder: string): History {
  const { events, metrics } = readLogs(folder);
  const trajectory = join(folder, jobFiles.trajectory);
  return {
    valid: metrics.map((line) => ({
      epoch: Number(line.epoch),
      metrics: numbersOf(line),
    })),
    test: events.flatMap((e) =>
      e.type === 'test' ? [{ epoch: Number(e.epoch), metrics: numbersOf(e.metrics as Record<string, unknown>) }] : [],
    ),
    checkpoints: existsSync(trajectory) ? readCheckpointMetrics(trajectory) : [],
    constructions: events.flatMap((e) => {
      const parsed = e.type === 'method' ? construction.safeParse(e) : undefined;
      return parsed?.success ? [{ epoch: parsed.data.epoch, ...parsed.data.details }] : [];
    }),
  };
}
