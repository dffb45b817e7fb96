/** What a phase of bd did to who is ahead where, for pages. */
import { join } from 'node:path';
import { analysePair } from 'recdistill/eval';
import { readSavedModel, testRanks } from 'recdistill/runs';
import { ROLES } from './_bd.mjs';
import { mean, short, table } from './_tables.mjs';

const STAGES = ['before', 'after'];
const FOUND = 50;

/** @param folders { teacher, student, phase }: of the runs before, and of the phase itself */
export async function analysed({ kernels, dataset }, folders) {
  const ranksOf = async (folderOf) => {
    const ranks = {};
    for (const role of ROLES) ranks[role] = await testRanks(kernels, readSavedModel(folderOf(role)), dataset);
    return ranks;
  };
  const before = await ranksOf((role) => folders[role]);
  const ranks = { before, after: await ranksOf((role) => join(folders.phase, role)) };
  return analysePair(dataset, ranks, FOUND);
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const range = ({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`);

/** Means over seeds. */
export function aheadTables(analyses) {
  const over = (of) => mean(analyses.map(of));
  const ahead = STAGES.map((s) => [
    s,
    ...['student', 'teacher', 'neither'].map((who) => percent(over((a) => a[s].ahead[who]))),
  ]);
  const quarters = (what) =>
    analyses[0].before[what].map((quarter, n) => [
      range(quarter),
      quarter.interactions,
      ...ROLES.flatMap((role) => STAGES.map((s) => short(over((a) => a[s][what][n][role])))),
    ]);
  const columns = ['test interactions', ...ROLES.flatMap((role) => STAGES.map((s) => `${role} ${s}`))];
  return `Shares of the test interactions, by which model ranks them further in front:

${table(['', 'student', 'teacher', 'neither'], ahead)}

Share of them among the first ${FOUND}, by popularity of the item and by activity of the user:

${table(['train interactions of the item', ...columns], quarters('byItem'))}

${table(['train interactions of the user', ...columns], quarters('byUser'))}`;
}
