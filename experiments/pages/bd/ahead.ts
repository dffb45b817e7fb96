/** What a phase of co-training did to which model ranks what higher, over several seeds. */
import type { Kernels } from 'recdistill';
import type { Dataset } from 'recdistill/data';
import { analysePair, type PairAnalysis, type PairStage } from 'recdistill/eval';
import { mean } from 'recdistill/experiment';
import { type History, pairSections } from 'recdistill/report';
import { readSavedModel, testRanks } from 'recdistill/runs';
import type { Role } from './jobs.js';

/** What counts as found. */
const FOUND = 50;

/** @param folders of the runs before the phase, and after it */
export async function analysed(
  kernels: Kernels,
  dataset: Dataset,
  folders: { readonly before: Readonly<Record<Role, string>>; readonly after: Readonly<Record<Role, string>> },
): Promise<PairAnalysis> {
  const ranksOf = async ({ teacher, student }: Readonly<Record<Role, string>>) => ({
    teacher: await testRanks(kernels, readSavedModel(teacher), dataset),
    student: await testRanks(kernels, readSavedModel(student), dataset),
  });
  return analysePair(dataset, { before: await ranksOf(folders.before), after: await ranksOf(folders.after) }, FOUND);
}

function averaged(all: readonly PairAnalysis[]): PairAnalysis {
  const stage = (of: (a: PairAnalysis) => PairStage): PairStage => {
    const stages = all.map(of);
    const [first] = stages;
    const ahead = (who: 'student' | 'teacher' | 'neither') => mean(stages.map((s) => s.ahead[who]));
    const quartiles = (what: 'byItem' | 'byUser') =>
      first![what].map((quartile, n) => ({
        ...quartile,
        teacher: mean(stages.map((s) => s[what][n]!.teacher)),
        student: mean(stages.map((s) => s[what][n]!.student)),
      }));
    return {
      ahead: { student: ahead('student'), teacher: ahead('teacher'), neither: ahead('neither') },
      discrepancy: first!.discrepancy.map((bin, n) => ({
        ...bin,
        share: mean(stages.map((s) => s.discrepancy[n]!.share)),
      })),
      ...{ byItem: quartiles('byItem'), byUser: quartiles('byUser') },
    };
  };
  return { at: all[0]!.at, before: stage((a) => a.before), after: stage((a) => a.after) };
}

const none: History = { valid: [], test: [], checkpoints: [], constructions: [] };

/** The tables of `recdistill report`, of means over seeds. */
export const aheadTables = (analyses: readonly PairAnalysis[]): string[] =>
  pairSections(averaged(analyses), { teacher: none, student: none }, '').flatMap(({ title, text = [], table }) =>
    table === undefined ? [] : [`### ${title}`, ...text, table.toMarkdown()],
  );
