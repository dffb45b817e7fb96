import { fail } from '../../errors.js';
import { analyseBd } from '../../eval/index.js';
import { optionalInt, options, text } from '../../options/options.js';
import { formatShare } from '../../report/format.js';
import { bdSections, costOf, readHistory, reportPage } from '../../report/index.js';
import { isFinishedRun, readFinishedRun, readSavedModel, testRanks } from '../../runs/index.js';
import type { Command } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, machineGroup, machineOf, runsGroup, withKernels } from '../terminal/groups.js';
import { dataFlags } from './data-flags.js';
import { atOption, judgeRuns } from './judge.js';
import { writeReport } from './report-files.js';
import { findRuns, placeOf, type RunPlace, readRun, runNames } from './runs.js';

const own = dataFlags([]);

const reportGroup = group(
  'Report',
  'bd-report',
  options({
    out: text({ default: 'bd.html', help: 'HTML file to write; Markdown and JSON are written beside it.' }),
    found: optionalInt({
      min: 1,
      help: 'K of the accuracy by popularity and activity. Default: the shortest list length of the tables.',
    }),
    at: atOption,
  }),
);

export const bdReport: Command = {
  name: 'bd-report',
  summary: 'Write a report of a bd run: where each model ranks better, before and after',
  about: [
    'NAME is the name of a finished bd. The two runs that it began from are found among the runs by their hashes. The report has the metrics of all four,',
    'the share of test interactions that each model ranks higher, the differences between their ranks, curves, and accuracy by popularity and activity.',
  ].join('\n'),
  args: [{ name: 'NAME', help: 'A finished bd.', required: true }],
  groups: [reportGroup, runsGroup, machineGroup, own.group],
  examples: [['bd-report bd --out bd.html', 'into bd.html, bd.md and bd.json']],
  async run(given) {
    const o = readOptions(reportGroup, given);
    if (!o.out.endsWith('.html'))
      fail('usage', { problem: `--out ${o.out} does not end in .html`, hint: 'For example --out bd.html' });
    const { runs } = readOptions(runsGroup, given);
    const name = given.args[0]!;
    const after = pairOf(name, runs);
    const before = [beforeOf('teacher', after[0], runs), beforeOf('student', after[1], runs)] as const;
    const { judged, at } = await judgeRuns([...before, ...after], o.at, own.usual(given));
    const { dataset } = judged[0]!;
    const found = o.found ?? Math.min(...at);
    const [teacher0, student0, teacher1, student1] = await withKernels(machineOf(given), async (k) => {
      const all: Int32Array[] = [];
      for (const { run } of judged) all.push(await testRanks(k, readSavedModel(run.folder), dataset));
      return all;
    });
    const ranks = {
      before: { teacher: teacher0!, student: student0! },
      after: { teacher: teacher1!, student: student1! },
    };
    const analysis = analyseBd(dataset, ranks, found);
    const metric = String(judged[2]!.run.result.options.selectBy);
    const page = reportPage({
      ...{ title: `${name} on ${dataset.name}`, about: dataset.notes, at, metric, comparisons: [] },
      runs: judged.map(({ run, evaluation, ...j }, n) => ({
        ...costOf(run.result),
        ...{ name: j.name, role: `${n % 2 === 0 ? 'teacher' : 'student'} ${n < 2 ? 'before' : 'after'}`, evaluation },
      })),
    });
    const histories = { teacher: readHistory(after[0].folder), student: readHistory(after[1].folder) };
    const whole = { ...page, sections: [...page.sections, ...bdSections(analysis, histories, metric)] };
    const json = { runs: judged.map((j) => ({ name: j.name, means: j.evaluation.means })), ...analysis };
    const files = await writeReport(whole, o.out, json);
    const share = (stage: 'before' | 'after') => formatShare(analysis[stage].ahead.student);
    return {
      text: `The student ranks ${share('before')} of the test interactions higher than the teacher does before bd, ${share('after')} after it.\nReport: ${files.html}, tables also in ${files.markdown}, numbers in ${files.json}`,
      json: { ...files, ...json },
    };
  },
};

/** The two runs of a finished bd. @throws RecdistillError `unknown-name`, `usage`, `needs-not-met` */
function pairOf(name: string, runs: string): readonly [RunPlace, RunPlace] {
  const found = findRuns(name, runs);
  const [teacher, student] = ['teacher', 'student'].map((role) =>
    found.find((place) => place.name.endsWith(`/${role}`) && readRun(place).result.method === 'bd'),
  );
  if (!teacher || !student)
    fail('usage', { problem: `${name} is no bd`, hint: 'Name what `bd` made, such as the default "bd".' });
  return [teacher, student];
}

/** The run that one of the two began from. @throws RecdistillError `needs-not-met` if it is gone */
function beforeOf(role: 'teacher' | 'student', after: RunPlace, runs: string): RunPlace {
  const hash = readRun(after).manifest.inputs[`${role} before`];
  const places = runNames(runs).map((name) => placeOf(name, runs)!);
  const place = places.find((p) => isFinishedRun(p.folder) && readFinishedRun(p.folder).manifest.hash === hash);
  if (!place) {
    fail('needs-not-met', {
      problem: `the run that the ${role} of ${after.name} began from is not in ${runs}`,
      hint: 'Name the folder that holds it with --runs, or train it again.',
    });
  }
  return place;
}
