import type { Dataset } from '../../data/index.js';
import type { Pair } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { optionalInt, optionalText, options, text } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import { type ReportedPair, reportingRuns, reportPair, writeReport } from '../../report/index.js';
import type { CommandBody, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { asRecorded, group, machineGroup, machineOf, runsGroup, withKernels } from '../terminal/groups.js';
import { dataFlags } from './data-flags.js';
import { atOption, evaluateRuns, expectSameData } from './evaluated.js';
import { type FoundPair, pairsAmong } from './report-pairs.js';
import { type RunPlace, readRuns, runsGiven } from './runs.js';

const own = dataFlags([]);

const reportGroup = group(
  'Report',
  'report',
  options({
    out: text({
      default: 'report.html',
      help: 'HTML file to write. Markdown is written beside it, and JSON for a report with a co-trained pair.',
    }),
    title: optionalText({ help: 'Title of the report. Default: the names of the runs.' }),
    metric: optionalText({
      help: 'Metric of the plots, such as ndcg@10. Default: the --select-by of the first run.',
    }),
    against: optionalText({
      help: 'Run that the other students are tested against. Default: the student without distillation, or else the first student.',
    }),
    found: optionalInt({
      min: 1,
      help: 'For a co-trained pair: K of the accuracy by popularity and activity. Default: the smallest K of the tables.',
    }),
    at: atOption,
  }),
);

export const report: CommandBody = {
  about: [
    'RUN is the name of a run, a folder, or the name of a pipeline. The report is one HTML file. Its tables are also written as Markdown.',
    '`run` and `demo` write a report of their own.',
    'For a co-trained pair (distill --method bd), the report compares teacher and student before and after the co-training: which model ranks the test interactions higher, how much the ranks differ, and accuracy by popularity and activity. The runs that the pair started from are found automatically.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [reportGroup, runsGroup, machineGroup, asRecorded(own.group)],
  examples: [
    ['report demo', 'write report.html for the demo'],
    ['report pair --out pair.html', 'write pair.html, pair.md and pair.json for a co-trained pair'],
    ['report bpr-mf small --out small.html --metric ndcg@10', 'two runs, with another metric in the plots'],
  ],
  async run(given) {
    const o = readOptions(reportGroup, given);
    if (!o.out.endsWith('.html'))
      fail('usage', { problem: `--out ${o.out} does not end in .html`, hint: 'For example --out report.html' });
    const { runs } = readOptions(runsGroup, given);
    const named = runsGiven(given);
    const pairs = await pairsAmong(named, runs);
    const places = withBefore(named, pairs);
    const found = await readRuns(places);
    expectSameData(found);
    const { evaluated, at } = await evaluateRuns(found, o.at, own.usual(given));
    const { dataset, run } = evaluated[0]!;
    const metric = o.metric ?? String(run.result.options.selectBy);
    const title = o.title ?? `${given.args.join(', ')} on ${dataset.name}`;
    // `teacher` and `student` alone are the runs of any co-trained pair.
    const setting = { title, about: dataset.notes, at, metric, against: o.against, shorten: pairs.length === 0 };
    const { page, names } = await runInParts(
      reportingRuns(evaluated, setting),
      createProgress().task('comparing by resampling'),
    );
    const whole = pairs.flatMap(({ before, ...pair }) => (before ? [{ ...pair, before }] : []));
    const reports = await reportPairs(whole, dataset, { at: o.found ?? Math.min(...at), metric }, given);
    const ofPairs = reports.flatMap(({ name, sections }) =>
      sections.map((s) => ({ ...s, title: reports.length > 1 ? `${name}: ${s.title}` : s.title })),
    );
    const pairsJson = reports.map(({ name, analysis }) => ({ name, ...analysis }));
    const numbers = { runs: evaluated.map((r) => ({ name: r.name, means: r.evaluation.means })), pairs: pairsJson };
    const sections = [...page.sections, ...ofPairs];
    const files = await writeReport({ ...page, sections }, o.out, reports.length > 0 ? numbers : undefined);
    const json = files.json === undefined ? '' : `, numbers in ${files.json}`;
    return {
      text: [
        ...reports.map((r) => r.summary),
        ...pairs.flatMap(({ name, before }) => (before ? [] : [missingText(name, runs)])),
        `Report of ${names.length} runs: ${files.html}, tables also in ${files.markdown}${json}`,
      ].join('\n'),
      json: { ...files, runs: names, pairs: pairsJson },
    };
  },
};

/** The named runs, and those that co-trained pairs among them started from. */
function withBefore(named: readonly RunPlace[], pairs: readonly FoundPair[]): RunPlace[] {
  const all = [...named, ...pairs.flatMap(({ before }) => (before ? [before.teacher, before.student] : []))];
  return all.filter(({ folder }, at) => at < named.length || all.findIndex((p) => p.folder === folder) === at);
}

async function reportPairs(
  pairs: readonly Required<FoundPair>[],
  dataset: Dataset,
  setting: { readonly at: number; readonly metric: string },
  given: Given,
): Promise<(ReportedPair & { readonly name: string })[]> {
  if (pairs.length === 0) return [];
  const folders = ({ teacher, student }: Pair<RunPlace>) => ({ teacher: teacher.folder, student: student.folder });
  return withKernels(machineOf(given), async (k) => {
    const reports = [];
    for (const { name, before, after } of pairs) {
      const pair = { name, before: folders(before), after: folders(after) };
      reports.push({ name, ...(await reportPair(k, pair, dataset, setting)) });
    }
    return reports;
  });
}

const missingText = (name: string, runs: string): string =>
  `A run that ${name} started from is not in ${runs}: the report does not compare before and after. Name its folder with --runs.`;
