/** Runs a pipeline with progress and Ctrl-C. */
import { join } from 'node:path';
import {
  finishPipeline,
  type PipelineOptions,
  type PipelineResult,
  pipelineOptions,
  planPipeline,
  preparePipeline,
  withPreset,
} from '../../experiment/index.js';
import { parseOptions } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import { pipelineTable, type ReportFiles, reportingPipeline, writeReport } from '../../report/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { writeRunsGroup } from '../terminal/groups.js';
import { dryRun } from './dry-run.js';
import { failuresOf, isDryRun, withEngine } from './jobs.js';
import { dataLines, sayingSo, sizeLine } from './load-data.js';
import { keptSource, portable } from './source.js';

export interface PipelineOutcome extends PipelineResult {
  readonly options: PipelineOptions;
  readonly runs: string;
  readonly files: ReportFiles;
}

/**
 * Runs a pipeline, or shows its jobs with --dry-run.
 * @param answer the answer of the command, once every job is finished
 * @param rename how to give the pipeline another name
 * @throws RecdistillError as `runPipeline`
 */
export async function answerOfPipeline(
  input: unknown,
  { given, console }: { readonly given: Given; readonly console: Console },
  answer: (outcome: PipelineOutcome) => Answer | Promise<Answer>,
  rename: (free: string) => string,
): Promise<Answer> {
  const o = withPreset(parseOptions(pipelineOptions, input, 'pipeline'));
  const { runs, overwrite: replace } = readOptions(writeRunsGroup, given);
  const overwrite = replace && ('differing' as const);
  const data = await keptSource(o.data.data, runs, console.say);
  const options = { ...o, data: portable({ ...o.data, data }) };
  if (isDryRun(given))
    return dryRun(given, [join(runs, o.name)], async (kernels) => [
      await preparePipeline(options, { kernels, runs, overwrite }),
    ]);
  const count = planPipeline(options).graph.jobs.length;
  const work = () =>
    withEngine(
      { given, console, metric: o.evaluation.selectBy, count, folders: [join(runs, o.name)] },
      async (engine) => {
        const context = { ...engine, runs, overwrite };
        const pipeline = await sayingSo(options.data, console.say, () => preparePipeline(options, context));
        for (const line of [...dataLines(o.data, pipeline.dataset), sizeLine(pipeline.dataset)]) console.say(line);
        return finishPipeline(pipeline, context);
      },
    );
  const result = await offeringName(o.name, runs, work, rename);
  const evaluated = { ...o, evaluation: result.evaluation };
  const failures = failuresOf(result);
  if (failures) {
    const report = result.rows.length === 0 ? undefined : pipelineTable(result.rows, result.reused, evaluated);
    const text = [...(report ? [report.table.toText(), ''] : []), failures.text].join('\n');
    return { text, json: { ...report?.toJson(), ...failures.json }, failed: true };
  }
  // A signal that comes now ends the command: its runs are finished, and the same command makes the report.
  const page = await runInParts(
    reportingPipeline(result, evaluated),
    createProgress().task(`comparing the runs of ${o.name}`),
  );
  const files = await writeReport(page, join(runs, o.name, 'report.html'));
  return answer({ options: evaluated, ...result, runs, files });
}
