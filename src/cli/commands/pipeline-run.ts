/** Runs a pipeline with progress and a clean stop. */
import { join } from 'node:path';
import type { Dataset, LoadedDataset } from '../../data/index.js';
import {
  type PipelineEvent,
  type PipelineOptions,
  type PipelineRow,
  pipelineOptions,
  runPipeline,
  withPreset,
} from '../../experiment/index.js';
import { modelOf } from '../../models/index.js';
import { parseOptions } from '../../options/options.js';
import { formatBytes, formatCount } from '../../report/format.js';
import { pipelineReport } from '../../report/index.js';
import { memoryAvailable, memoryNeeded } from '../../runs/index.js';
import type { Console, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { machineOf, withKernels, writeRunsGroup } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { createProgressBar, followPipeline } from '../terminal/progress.js';
import { dataLines } from './load-data.js';
import { type ReportFiles, writeReport } from './report-files.js';
import { keptSource, portable } from './source.js';

export interface PipelineOutcome {
  readonly options: PipelineOptions;
  readonly dataset: Dataset;
  readonly rows: readonly PipelineRow[];
  /** Names of the rows whose runs were finished before. */
  readonly reused: readonly string[];
  readonly runs: string;
  readonly files: ReportFiles;
}

/** @param rename how the pipeline gets another name. @throws RecdistillError as `runPipeline` */
export async function runWholePipeline(
  input: unknown,
  given: Given,
  console: Console,
  rename: (free: string) => string,
): Promise<PipelineOutcome> {
  const o = withPreset(parseOptions(pipelineOptions, input, 'pipeline'));
  const { runs, overwrite } = readOptions(writeRunsGroup, given);
  const data = await keptSource(o.data.data, runs, console.say);
  const reused: string[] = [];
  const progress = createProgressBar(console, o.evaluation.selectBy);
  const follow = followPipeline(progress, o.evaluation.selectBy);
  const listen = (event: PipelineEvent) => {
    if (event.type === 'data') for (const line of costOf(o, event.dataset)) console.say(line);
    if (event.type === 'row' && event.reused) reused.push(event.row.name);
    follow(event);
  };
  try {
    const work = () =>
      withKernels(machineOf(given), (kernels) =>
        interruptible(console.say, (signal) =>
          runPipeline({ ...o, data: portable({ ...o.data, data }) }, { kernels, runs, overwrite, listen, signal }),
        ),
      );
    const result = await offeringName(o.name, runs, work, rename);
    const files = await writeReport(pipelineReport(result, o), join(runs, o.name, 'report.html'));
    return { options: o, ...result, reused, runs, files };
  } finally {
    progress.close();
  }
}

/** How the names fit that were asked for, and what the whole will need. */
function costOf(o: PipelineOptions, dataset: LoadedDataset): string[] {
  const needs = [...o.baselines, ...o.teachers, ...o.students].flatMap((entry) => {
    if (entry.model === undefined) return [];
    const spec = modelOf(entry.model);
    const own = Object.entries(entry).filter(([name]) => name in spec.options.shape);
    return { model: entry.model, bytes: memoryNeeded(spec, spec.options.parse(Object.fromEntries(own)), dataset) };
  });
  const [most] = needs.sort((a, b) => b.bytes - a.bytes);
  const { nUsers, nItems, indices } = dataset.train;
  return [
    ...dataLines(o.data, dataset),
    `${dataset.name}: ${formatCount(nUsers)} users, ${formatCount(nItems)} items, ${formatCount(indices.length)} interactions to train on.`,
    ...(most
      ? [
          `Memory: at most about ${formatBytes(most.bytes)} (${most.model}); ${formatBytes(memoryAvailable())} available.`,
        ]
      : []),
  ];
}
