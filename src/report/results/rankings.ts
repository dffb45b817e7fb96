/** Messages on a file of rankings that was read: columns, excluded rows, corrections and teachers, with examples. */
import type { CountedExample, RankingReport, TeacherReport, UnknownIds } from '../../data/index.js';
import { counted, listed, shortened } from '../format.js';

/** @returns lines without a line end */
export function rankingLines(report: RankingReport): string[] {
  const { path, rows, columns, unknownUsers, unknownItems, duplicates, gaps, teachers } = report;
  const used = Object.entries(columns).map(([role, name]) => `${role} = ${name}`);
  return [
    `Read ${counted(rows, 'row')} of ${path} (${used.join(', ')}).`,
    ...excluded('user', unknownUsers),
    ...excluded('item', unknownItems),
    ...corrected(duplicates, (n) => `${counted(n, 'row')} repeat${n === 1 ? 's' : ''} an item; its best rank is used`),
    ...corrected(gaps, (n) => `Ranks are missing in ${counted(n, 'list')}; only the order is used`),
    ...teachers.flatMap(teacherLines),
  ];
}

const quotedIds = (ids: readonly string[]): string => listed(ids.map((id) => JSON.stringify(shortened(id, 40))));

const excluded = (what: string, { ids, rows, examples }: UnknownIds): string[] =>
  ids === 0
    ? []
    : [
        `Excluded ${counted(rows, 'row')} of ${counted(ids, what)} that the data set does not have, such as ${quotedIds(examples)}.`,
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
      : `Teacher ${name}: a single checkpoint, not a trajectory.`,
    ...(none.count > 0
      ? [
          `  ${counted(none.count, 'user')} without a ranking, such as ${quotedIds(none.examples)}. Their lists are empty.`,
        ]
      : []),
    ...(filled.length > 0
      ? [
          `  Users without a list in a checkpoint have the list of the nearest checkpoint: ${listed(filled.map((c) => `${counted(c.filled, 'user')}${at(c)}`))}.`,
        ]
      : []),
    ...(shorter.length > 0
      ? [
          `  Lists are shorter than the evaluation needs for ${listed(shorter.map((c) => `${counted(c.shorter, 'user')}${at(c)}`))}.`,
        ]
      : []),
    usersWithObserved > 0
      ? `  The file also ranks train items, for ${counted(usersWithObserved, 'user')}.`
      : '  The file ranks only candidate items.',
  ];
}
