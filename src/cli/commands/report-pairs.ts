/** Finds the co-trained pairs among runs, and the runs that they started from. */
import { isCoTrained, learnerRoles, methodRegistry, type Pair } from '../../distill/index.js';
import { type FinishedRun, isFinishedRun, readRunManifest } from '../../runs/index.js';
import { placeOf, type RunPlace, readRun, runNames } from './runs.js';

/** A co-trained teacher and student, and the runs that they started from. */
export interface FoundPair {
  /** Name of the folder of both. */
  readonly name: string;
  readonly after: Pair<RunPlace>;
  /** Absent if one of them is not in the runs folder. */
  readonly before?: Pair<RunPlace>;
}

/** The pairs of which both runs are among `places`. @throws RecdistillError as `readRun` */
export async function pairsAmong(places: readonly RunPlace[], runs: string): Promise<FoundPair[]> {
  const coTrained = methodRegistry.all().filter(isCoTrained);
  const found: { place: RunPlace; inputs: FinishedRun['manifest']['inputs'] }[] = [];
  for (const place of places) {
    const { result, manifest } = await readRun(place);
    if (coTrained.some((m) => m.name === result.method)) found.push({ place, inputs: manifest.inputs });
  }
  return found.flatMap(({ place: student, inputs }): FoundPair[] => {
    const name = student.name.replace(/\/student$/, '');
    const teacher = found.find(({ place }) => place.name === `${name}/teacher`)?.place;
    if (!teacher || name === student.name) return [];
    const [teacher0, student0] = learnerRoles.map((role) => ofHash(inputs[`${role} before`], places, runs));
    const before = teacher0 && student0 ? { before: { teacher: teacher0, student: student0 } } : {};
    return [{ name, after: { teacher, student }, ...before }];
  });
}

/** The run of this hash, among `places` or else in the runs folder. */
function ofHash(hash: string | undefined, places: readonly RunPlace[], runs: string): RunPlace | undefined {
  const matches = ({ folder }: RunPlace) => isFinishedRun(folder) && readRunManifest(folder).hash === hash;
  return (
    places.find(matches) ??
    runNames(runs)
      .flatMap((name) => placeOf(name, runs) ?? [])
      .find(matches)
  );
}
