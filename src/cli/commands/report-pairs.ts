/** The part of a report on teachers and students that trained together: before and after. */
import type { Dataset } from '../../data/index.js';
import { isCoTrained, learnerRoles, methodRegistry, type Pair } from '../../distill/index.js';
import { analysePair, type PairAnalysis } from '../../eval/index.js';
import type { Kernels } from '../../kernels/index.js';
import { formatShare } from '../../report/format.js';
import { pairSections, readHistory, type Section } from '../../report/index.js';
import { isFinishedRun, readRunManifest, readSavedModel, testRanks } from '../../runs/index.js';
import { placeOf, type RunPlace, readRun, runNames } from './runs.js';

/** The two runs of a joint training, and the two that they began from. */
export interface FoundPair {
  /** Name of the folder of both. */
  readonly name: string;
  readonly after: Pair<RunPlace>;
  /** Absent where one of them is gone. */
  readonly before?: Pair<RunPlace>;
}

/** The joint trainings of which both runs are among `places`. @throws RecdistillError as `readRun` */
export function pairsAmong(places: readonly RunPlace[], runs: string): FoundPair[] {
  const coTrained = new Set(
    methodRegistry
      .all()
      .filter(isCoTrained)
      .map((m) => m.name),
  );
  const found = places.filter((place) => coTrained.has(readRun(place).result.method));
  return found.flatMap((student): FoundPair[] => {
    const name = student.name.replace(/\/student$/, '');
    const teacher = found.find((place) => place.name === `${name}/teacher`);
    if (!teacher || name === student.name) return [];
    const { inputs } = readRun(student).manifest;
    const [teacher0, student0] = learnerRoles.map((role) => ofHash(inputs[`${role} before`], places, runs));
    const before = teacher0 && student0 ? { before: { teacher: teacher0, student: student0 } } : {};
    return [{ name, after: { teacher, student }, ...before }];
  });
}

/** The run of this hash, of those that are named or of all. */
function ofHash(hash: string | undefined, places: readonly RunPlace[], runs: string): RunPlace | undefined {
  const isIt = ({ folder }: RunPlace) => isFinishedRun(folder) && readRunManifest(folder).hash === hash;
  return (
    places.find(isIt) ??
    runNames(runs)
      .map((name) => placeOf(name, runs)!)
      .find(isIt)
  );
}

export interface ReportedPair {
  readonly name: string;
  readonly analysis: PairAnalysis;
  readonly sections: readonly Section[];
}

/** @param found K of the accuracy by popularity and activity. @param metric of the curves */
export async function reportPair(
  k: Kernels,
  { name, before, after }: FoundPair & { readonly before: Pair<RunPlace> },
  dataset: Dataset,
  { found, metric }: { readonly found: number; readonly metric: string },
): Promise<ReportedPair> {
  const ranksOf = async (of: Pair<RunPlace>) => ({
    teacher: await testRanks(k, readSavedModel(of.teacher.folder), dataset),
    student: await testRanks(k, readSavedModel(of.student.folder), dataset),
  });
  const analysis = analysePair(dataset, { before: await ranksOf(before), after: await ranksOf(after) }, found);
  const histories = { teacher: readHistory(after.teacher.folder), student: readHistory(after.student.folder) };
  return { name, analysis, sections: pairSections(analysis, histories, metric) };
}

/** How a pair did, in a sentence. */
export function pairSentence({ name, analysis }: ReportedPair): string {
  const share = (stage: 'before' | 'after') => formatShare(analysis[stage].ahead.student);
  return `${name}: the student ranks ${share('before')} of the test interactions higher than the teacher before, ${share('after')} after.`;
}
