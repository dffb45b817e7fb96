import { basename, join } from 'node:path';
import { methodRegistry } from '../../distill/index.js';
import { checkStudy, prepareStudy, runStudy, studyFolder } from '../../experiment/plans/study/index.js';
import { writeAtomic } from '../../formats/index.js';
import { optionalText, options } from '../../options/options.js';
import { studyTables } from '../../report/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { group, machineGroup, writeRunsGroup } from '../terminal/groups.js';
import { readYamlFile } from '../terminal/yaml-file.js';
import { useFromYaml } from '../use.js';
import { dryRun } from './dry-run.js';
import { finalOfPlanLines } from './job.js';
import { isDryRun, jobsGroup, withEngine } from './jobs.js';
import { dataLines, readingLine } from './load-data.js';
import { keptSource, portable } from './source.js';

const EXAMPLE =
  'A small study: teachers: [{ model: bpr-mf }, { model: lightgcn }], student: { model: bpr-mf, dim: 6 }, seeds: [0, 1].';

const outGroup = group(
  'Study',
  'study',
  options({
    out: optionalText({
      help: 'Path of the tables OUT.md and OUT.json. Default: study-ENTRIES in the folder of the study.',
    }),
  }),
);

/** A study has more jobs than a machine has threads. */
const MOST_JOBS = 64;

export const study: CommandBody = {
  about: [
    'All entries have the same teachers, the same student and the same search budget. The tables have means over seeds, and tests against one entry.',
    '"entries: methods" compares every method that can teach the student. "entries: ablation" compares HetComp with HetComp without each of its parts.',
    'docs/study.md describes the file.',
    `Methods: ${methodRegistry
      .all()
      .map((d) => d.name)
      .join(', ')}.`,
    'Finished runs are reused, stopped runs continue. Studies of one name share their teachers.',
  ].join('\n'),
  args: [{ name: 'FILE', help: 'The study, such as study.yaml.', required: true }],
  groups: [outGroup, jobsGroup, writeRunsGroup, machineGroup],
  examples: [
    ['study study.yaml', 'run all jobs that are not finished'],
    ['study study.yaml --out results/methods', 'write the tables to results/methods.md and results/methods.json'],
  ],
  async run(given, console) {
    const file = readYamlFile(given.args[0]!, EXAMPLE);
    const { out } = readOptions(outGroup, given);
    const { runs, overwrite: replace } = readOptions(writeRunsGroup, given);
    const overwrite = replace && ('differing' as const);
    const prepared = await file.within(async () => {
      const { options: o } = checkStudy(await useFromYaml(file.value, given.args[0]!));
      const data = await keptSource(o.data.data, runs, console.say);
      return { ...o, data: portable({ ...o.data, data }) };
    });
    const folder = join(runs, prepared.name);
    if (isDryRun(given))
      return file.within(() =>
        dryRun(given, [folder], (kernels) => prepareStudy(prepared, { kernels, runs, overwrite })),
      );
    console.say(readingLine(prepared.data.data));
    const work = () =>
      withEngine(
        { given, console, metric: prepared.evaluation.selectBy, count: MOST_JOBS, folders: [folder] },
        (engine) =>
          runStudy(prepared, {
            ...engine,
            ...{ runs, overwrite },
            listen(event) {
              if (event.type === 'data') for (const line of dataLines(prepared.data, event.dataset)) console.say(line);
              engine.listen?.(event);
            },
          }),
      );
    const result = await file.within(() =>
      offeringName(prepared.name, runs, work, (free) => `"name: ${free}" in ${given.args[0]}`),
    );
    const { entries } = result.options;
    const what = typeof entries === 'string' ? entries : out === undefined ? 'entries' : basename(out);
    const path = out ?? join(studyFolder(runs, result.options), `study-${what}`);
    const tables = studyTables(result);
    const json = tables.toJson();
    writeAtomic(`${path}.json`, `${JSON.stringify(json, null, 2)}\n`);
    writeAtomic(`${path}.md`, tables.toPage(what));
    const lines = [tables.toText(), ...finalOfPlanLines(result.final), `Tables: ${path}.md and ${path}.json`];
    return { text: lines.join('\n\n'), json };
  },
};
