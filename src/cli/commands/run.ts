import { join } from 'node:path';
import { pipelineTable } from '../../report/index.js';
import { jobFiles } from '../../runs/index.js';
import type { Answer, CommandBody, Console } from '../terminal/_command.js';
import { machineGroup, writeRunsGroup } from '../terminal/groups.js';
import { readYamlFile } from '../terminal/yaml-file.js';
import { useFromYaml } from '../use.js';
import { distillSteps, exampleIds, finalOfPlanLines, nextSteps, quoted, recommendSteps } from './job.js';
import { jobsGroup } from './jobs.js';
import { answerOfPipeline, type PipelineOutcome } from './pipeline-run.js';

const EXAMPLE =
  'A small pipeline: teachers: [{ model: bpr-mf }, { model: lightgcn }], students: [{ model: bpr-mf, dim: 6 }].';

export const run: CommandBody = {
  about: 'Finished runs are reused, stopped runs continue. docs/cli.md describes the file.',
  args: [{ name: 'FILE', help: 'The pipeline, such as pipeline.yaml.', required: true }],
  groups: [jobsGroup, writeRunsGroup, machineGroup],
  examples: [
    ['run pipeline.yaml', 'run all jobs that are not finished'],
    ['run pipeline.yaml --json > result.json', 'the results as JSON'],
    ['run pipeline.yaml --dry-run', 'show the jobs and their cost'],
    ['run pipeline.yaml --jobs 2', 'train two models at the same time'],
    ['run pipeline.yaml --overwrite', 'replace runs whose options have changed'],
  ],
  async run(given, console) {
    const file = readYamlFile(given.args[0]!, EXAMPLE);
    const rename = (free: string) => `"name: ${free}" in ${given.args[0]}`;
    return file.within(async () => {
      const plan = await useFromYaml(file.value, given.args[0]!);
      return answerOfPipeline(plan, { given, console }, (o) => answerOf(o, console), rename);
    });
  },
};

function answerOf({ options, dataset, rows, reused, runs, files, final }: PipelineOutcome, console: Console): Answer {
  const report = pipelineTable(rows, reused, options);
  const student = rows.findLast((r) => r.role === 'student');
  const teachers = rows
    .filter((r) => r.role === 'teacher')
    .map((r) => ({ name: `${options.name}/${r.name}`, model: r.model }));
  const steps = [
    ...(rows.length > 1 ? [`compare ${quoted(options.name)}`] : []),
    ...(final?.bundle ? [`serve ${quoted(final.name)}`] : []),
    ...(student
      ? recommendSteps(
          final?.name ?? `${options.name}/${student.name}`,
          final ? final.bundle : student.folder && join(student.folder, jobFiles.student),
          exampleIds(dataset),
        )
      : distillSteps(teachers, runs, dataset)),
  ];
  const next = nextSteps(console.program, runs, steps.length > 0 ? steps : [`report ${quoted(options.name)}`]);
  const text = [report.table.toText(), ...finalOfPlanLines(final), `Report: ${files.html}`, next].join('\n\n');
  return { text, json: { ...report.toJson(), report: files, ...(final ? { final } : {}) } };
}
