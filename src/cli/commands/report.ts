import { fail } from '../../errors.js';
import { compare } from '../../eval/index.js';
import { optionalInt, optionalText, options, text } from '../../options/options.js';
import { listed } from '../../report/format.js';
import { costOf, type ReportRun, readHistory, reportPage } from '../../report/index.js';
import { EXTERNAL } from '../../runs/index.js';
import type { Command, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, machineGroup, machineOf, runsGroup, withKernels } from '../terminal/groups.js';
import { dataFlags } from './data-flags.js';
import { atOption, expectSameData, type Judged, judgeRuns } from './judge.js';
import { writeReport } from './report-files.js';
import { type FoundPair, pairSentence, pairsAmong, type ReportedPair, reportPair } from './report-pairs.js';
import { findRuns, type RunPlace, readRun } from './runs.js';

const own = dataFlags([]);

const reportGroup = group(
  'Report',
  'report',
  options({
    out: text({
      default: 'report.html',
      help: 'HTML file to write; Markdown is written beside it, and JSON where the report has a joint training.',
    }),
    title: optionalText({ help: 'Title of the report. Default: the names of the runs.' }),
    metric: optionalText({
      help: 'Metric of the plots, such as ndcg@10. Default: what the first run was selected by.',
    }),
    against: optionalText({
      help: 'Run that the other students are tested against. Default: the student that learned alone, else the first one.',
    }),
    found: optionalInt({
      min: 1,
      help: 'Of a joint training: K of the accuracy by popularity and activity. Default: the shortest list of the tables.',
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
    'Of a teacher and a student that trained together (distill --method bd) it has both before and after, which of them is ahead on test, how far apart',
    'their ranks are, and accuracy by popularity and activity. The runs that they began from are found by their hashes.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [reportGroup, runsGroup, machineGroup, own.group],
  examples: [
    ['report demo', 'the demo, into report.html'],
    ['report pair --out pair.html', 'what distill --method bd --name pair made, into pair.html, pair.md and pair.json'],
    ['report bpr-mf small --out small.html --metric ndcg@10', 'two runs of your own'],
  ],
  async run(given) {
    const o = readOptions(reportGroup, given);
    if (!o.out.endsWith('.html'))
      fail('usage', { problem: `--out ${o.out} does not end in .html`, hint: 'For example --out report.html' });
    const { runs } = readOptions(runsGroup, given);
    const named = given.args.flatMap((name) => findRuns(name, runs));
    const pairs = pairsAmong(named, runs);
    const places = withBefore(named, pairs);
    expectSameData(places.map((place) => ({ name: place.name, run: readRun(place) })));
    const { judged, at } = await judgeRuns(places, o.at, own.usual(given));
    const whole = judged.map((j) => j.name);
    // `teacher` and `student` alone would not say of which training.
    const names = pairs.length > 0 ? whole : shortNames(whole);
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
    const metric = o.metric ?? String(run.result.options.selectBy);
    const reports = await reportPairs(pairs, judged[0]!, { found: o.found ?? Math.min(...at), metric }, given);
    const page = reportPage({
      ...{ title: o.title ?? `${given.args.join(', ')} on ${dataset.name}`, about: dataset.notes, runs: reported, at },
      metric,
      comparisons: base && others.length > 0 ? compare(base.evaluation, others, { metrics, adjust: 'holm' }) : [],
      ...(base ? { against: base.name } : {}),
    });
    const ofPairs = reports.flatMap(({ name, sections }) =>
      sections.map((s) => ({ ...s, title: reports.length > 1 ? `${name}: ${s.title}` : s.title })),
    );
    const withPairs = { ...page, sections: [...page.sections, ...ofPairs] };
    const numbers = {
      runs: judged.map((j) => ({ name: j.name, means: j.evaluation.means })),
      pairs: reports.map(({ name, analysis }) => ({ name, ...analysis })),
    };
    const files = await (reports.length > 0 ? writeReport(withPairs, o.out, numbers) : writeReport(withPairs, o.out));
    const json = files.json === undefined ? '' : `, numbers in ${files.json}`;
    return {
      text: [
        ...reports.map(pairSentence),
        ...pairs.flatMap(({ name, before }) => (before ? [] : [goneSentence(name, runs)])),
        `Report of ${reported.length} runs: ${files.html}, tables also in ${files.markdown}${json}`,
      ].join('\n'),
      json: { ...files, runs: reported.map((r) => r.name), pairs: numbers.pairs },
    };
  },
};

/** The runs that were named, and those that a joint training among them began from. */
function withBefore(named: readonly RunPlace[], pairs: readonly FoundPair[]): RunPlace[] {
  const all = [...named];
  for (const { before } of pairs)
    for (const place of before ? [before.teacher, before.student] : [])
      if (!all.some(({ folder }) => folder === place.folder)) all.push(place);
  return all;
}

async function reportPairs(
  pairs: readonly FoundPair[],
  { dataset }: Judged,
  setting: { readonly found: number; readonly metric: string },
  given: Given,
): Promise<ReportedPair[]> {
  const whole = pairs.flatMap(({ before, ...pair }) => (before ? [{ ...pair, before }] : []));
  if (whole.length === 0) return [];
  return withKernels(machineOf(given), async (k) => {
    const reports: ReportedPair[] = [];
    for (const pair of whole) reports.push(await reportPair(k, pair, dataset, setting));
    return reports;
  });
}

const goneSentence = (name: string, runs: string): string =>
  `A run that ${name} began from is not in ${runs}: the report has no comparison of before and after. Name the folder that holds it with --runs.`;

const isCalled = (name: string, word: string): boolean => name === word || name.endsWith(`/${word}`);

/** The last parts of the names where these tell the runs apart: plots have little room. */
function shortNames(names: readonly string[]): readonly string[] {
  const last = names.map((name) => name.split('/').at(-1)!);
  return new Set(last).size === names.length ? last : names;
}

/** The order of the tables. */
const ROLES: readonly string[] = ['teacher', 'co-trained teacher', 'model', 'student'];

function reportRunOf(j: Judged, all: readonly Judged[]): ReportRun {
  const { name, run, evaluation } = j;
  return { name, role: roleOf(j, all), evaluation, ...costOf(run.result), history: readHistory(run.folder) };
}

/** A run whose hash another of them names taught that one; one of the same model and size as a taught one is the student that learned alone. */
function roleOf({ run: { manifest, result } }: Judged, all: readonly Judged[]): string {
  if (result.method !== 'none') return result.options.role === 'teacher' ? 'co-trained teacher' : 'student';
  if (all.some((j) => j.run.manifest.inputs['student before'] === manifest.hash)) return 'student';
  if (result.model === EXTERNAL || all.some((j) => Object.values(j.run.manifest.inputs).includes(manifest.hash)))
    return 'teacher';
  const twin = all.some(
    ({ run: { result: other } }) =>
      other.method !== 'none' && other.model === result.model && other.parameters === result.parameters,
  );
  return twin ? 'student' : 'model';
}
