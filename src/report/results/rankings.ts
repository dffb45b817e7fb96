/** What was read from a file of rankings, in sentences; what was left out or corrected comes with an example. */
import type { CountedExample, RankingReport, TeacherReport, UnknownIds } from '../../data/index.js';
import { counted, listed, shortened } from '../format.js';

/** @returns lines without a line end */
export function rankingLines(report: RankingReport): string[] {
  const { path, rows, columns, unknownUsers, unknownItems, duplicates, gaps, teachers } = report;
  const used = Object.entries(columns).map(([role, name]) => `${role} = ${name}`);
  return [
    `Read ${counted(rows, 'row')} of ${path} (${used.join(', ')}).`,
    ...leftOut('user', unknownUsers),
    ...leftOut('item', unknownItems),
    ...corrected(
      duplicates,
      (n) => `${counted(n, 'row')} name${n === 1 ? 's' : ''} an item again; its best rank counts`,
    ),
    ...corrected(gaps, (n) => `Ranks are skipped in ${counted(n, 'list')}; only their order counts`),
    ...teachers.flatMap(teacherLines),
  ];
}

const quotedIds = (ids: readonly string[]): string => listed(ids.map((id) => JSON.stringify(shortened(id, 40))));

const leftOut = (what: string, { ids, rows, examples }: UnknownIds): string[] =>
  ids === 0
    ? []
    : [
        `Left out ${counted(rows, 'row')} of ${counted(ids, what)} that the data set does not have, such as ${quotedIds(examples)}.`,
      ];

const corrected = ({ count, example }: CountedExample, words: (n: number) => string): string[] =>
  count === 0 ? [] : [`${words(count)}. The first: ${example}.`];

function teacherLines({ teacher, checkpoints, usersWithoutRanking: none, usersWithObserved }: TeacherReport): string[] {
  const name = JSON.stringify(shortened(teacher, 60));
  const many = checkpoints.map((c) => shortened(c.checkpoint ?? '', 40)).join(', ');
  const filled = checkpoints.filter((c) => c.filled > 0);
  const shorter = checkpoints.filter((c) => c.shorter > 0);
  const at = (c: (typeof checkpoints)[number]) =>
    c.checkpoint === undefined ? '' : ` at ${shortened(c.checkpoint, 40)}`;
  return [
    checkpoints.length > 1
      ? `Teacher ${name}: ${checkpoints.length} checkpoints (${many}).`
      : `Teacher ${name}: a single checkpoint; students learn from it and not from a trajectory.`,
    ...(none.count > 0
      ? [`  ${counted(none.count, 'user')} without any ranking, such as ${quotedIds(none.examples)}: empty lists.`]
      : []),
    ...(filled.length > 0
      ? [
          `  Users without a list in a checkpoint got that of the nearest checkpoint that has one: ${listed(filled.map((c) => `${counted(c.filled, 'user')}${at(c)}`))}.`,
        ]
      : []),
    ...(shorter.length > 0
      ? [
          `  Lists are shorter than the evaluation reads for ${listed(shorter.map((c) => `${counted(c.shorter, 'user')}${at(c)}`))}.`,
        ]
      : []),
    usersWithObserved > 0
      ? `  Train items are ranked as well, for ${counted(usersWithObserved, 'user')}.`
      : '  Only candidates are ranked, no train items.',
  ];
}
