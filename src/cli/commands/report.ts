import { fail } from '../../errors.js';
import { compare } from '../../eval/index.js';
import { optionalText, options, text } from '../../options/options.js';
import { listed } from '../../report/format.js';
import { costOf, type ReportRun, readHistory, reportPage } from '../../report/index.js';
import { EXTERNAL } from '../../runs/index.js';
import type { Command } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, runsGroup } from '../terminal/groups.js';
import { dataFlags } from './data-flags.js';
import { atOption, expectSameData, type Judged, judgeRuns } from './judge.js';
import { writeReport } from './report-files.js';
import { findRuns, readRun } from './runs.js';

const own = dataFlags([]);

const reportGroup = group(
  'Report',
  'report',
  options({
    out: text({ default: 'report.html', help: 'HTML file to write; Markdown is written beside it.' }),
    title: optionalText({ help: 'Title of the report. Default: the names of the runs.' }),
    metric: optionalText({
      help: 'Metric of the plots, such as ndcg@10. Default: what the first run was selected by.',
    }),
    against: optionalText({
      help: 'Run that the other students are tested against. Default: the student that learned alone, else the first one.',
    }),
    at: atOption,
  }),
);

export const report: Command = {
  name: 'report',
  summary: 'Write a report of finished runs: tables with significance, and plots of how they came there',
  about: [
    'RUN is a name, a folder, or the name of a whole pipeline. The report is one HTML file that needs nothing else, readable in light and dark, and a',
    'Markdown file with its tables beside it. Pipelines write theirs by themselves.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [reportGroup, runsGroup, own.group],
  examples: [
    ['report demo', 'the demo, into report.html'],
    ['report bpr-mf small --out small.html --metric ndcg@10', 'two runs of your own'],
  ],
  async run(given) {
    const o = readOptions(reportGroup, given);
    if (!o.out.endsWith('.html'))
      fail('usage', { problem: `--out ${o.out} does not end in .html`, hint: 'For example --out report.html' });
    const { runs } = readOptions(runsGroup, given);
    const places = given.args.flatMap((name) => findRuns(name, runs));
    expectSameData(places.map((place) => ({ name: place.name, run: readRun(place) })));
    const { judged, at } = await judgeRuns(places, o.at, own.usual(given));
    const names = shortNames(judged.map((j) => j.name));
    const reported = judged
      .map((j, at) => ({ ...reportRunOf(j, judged), name: names[at]!, judged: j }))
      .sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
    const students = reported.filter((r) => r.role === 'student');
    const base =
      o.against === undefined
        ? (students.find((r) => r.judged.run.result.method === 'none') ?? students[0])
        : reported.find((r) => isCalled(r.judged.name, o.against!) || r.name === o.against);
    if (o.against !== undefined && !base)
      fail('unknown-name', { kind: 'run in the report', given: o.against, known: listed(reported.map((r) => r.name)) });
    const others = students.filter((r) => r !== base);
    const metrics = at.flatMap((k) => [`recall@${k}`, `ndcg@${k}`]);
    const { dataset, run } = judged[0]!;
    const page = reportPage({
      ...{ title: o.title ?? `${given.args.join(', ')} on ${dataset.name}`, about: dataset.notes, runs: reported, at },
      metric: o.metric ?? String(run.result.options.selectBy),
      comparisons: base && others.length > 0 ? compare(base.evaluation, others, { metrics, adjust: 'holm' }) : [],
      ...(base ? { against: base.name } : {}),
    });
    const files = await writeReport(page, o.out);
    return {
      text: `Report of ${reported.length} runs: ${files.html}, tables also in ${files.markdown}`,
      json: { ...files, runs: reported.map((r) => r.name) },
    };
  },
};

const isCalled = (name: string, word: string): boolean => name === word || name.endsWith(`/${word}`);

/** The last parts of the names where these tell the runs apart: plots have little room. */
function shortNames(names: readonly string[]): readonly string[] {
  const last = names.map((name) => name.split('/').at(-1)!);
  return new Set(last).size === names.length ? last : names;
}

/** The order of the tables. */
const ROLES: readonly string[] = ['teacher', 'model', 'student'];

function reportRunOf(j: Judged, all: readonly Judged[]): ReportRun {
  const { name, run, evaluation } = j;
  return { name, role: roleOf(j, all), evaluation, ...costOf(run.result), history: readHistory(run.folder) };
}

/** A run whose hash another of them names taught that one; one of the same model and size as a taught one is the student that learned alone. */
function roleOf({ run: { manifest, result } }: Judged, all: readonly Judged[]): string {
  if (result.method !== 'none') return 'student';
  if (result.model === EXTERNAL || all.some((j) => Object.values(j.run.manifest.inputs).includes(manifest.hash)))
    return 'teacher';
  const twin = all.some(
    ({ run: { result: other } }) =>
      other.method !== 'none' && other.model === result.model && other.parameters === result.parameters,
  );
  return twin ? 'student' : 'model';
}
