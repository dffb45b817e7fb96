/** From a study to the pipelines that it consists of. */
import { modelOf } from '../../../models/index.js';
import type { StudyEntry, StudyOptions } from './options.js';

type Values = Readonly<Record<string, unknown>>;

/** Teachers of a homogeneous ensemble where the given one has a single teacher. */
const FEWEST = 2;

/**
 * The pipeline of one seed: all teachers, and the student as each entry has it taught. Baselines without a seed are the same for all: the first
 * seed's pipeline begins with them, the others leave them out.
 * @param best options that a search found, by method
 */
export function pipelineOf(
  o: StudyOptions,
  entries: readonly StudyEntry[],
  seed: number,
  best: Readonly<Record<string, Values>>,
): Values {
  return {
    ...sharedOf(o),
    name: `${o.name}/seed${seed}`,
    baselines: [
      ...(seed === o.seeds[0] ? o.baselines.filter((e) => !takesSeed(e)) : []),
      ...o.baselines.filter(takesSeed).map((e) => seeded(e, seed)),
    ],
    teachers: o.teachers.map((e) => seeded(e, seed)),
    students: entries.filter((e) => e.ensemble === 'given').map((e) => studentOf(o, e, seed, best)),
  };
}

/** The pipeline of one seed in which the first of the teachers stands for all of them, with other seeds; undefined if no entry asks for it. */
export function homogeneousOf(
  o: StudyOptions,
  entries: readonly StudyEntry[],
  seed: number,
  best: Readonly<Record<string, Values>>,
): Values | undefined {
  const own = entries.filter((e) => e.ensemble === 'homogeneous');
  const first = o.teachers.find(takesSeed);
  if (own.length === 0 || !first) return undefined;
  const size = Math.max(FEWEST, o.teachers.length);
  return {
    ...sharedOf(o),
    name: `${o.name}/seed${seed}-homogeneous`,
    teachers: Array.from({ length: size }, (_, n) => ({
      ...first,
      name: `${first.model}-${n + 1}`,
      seed: seed * size + n,
    })),
    students: own.map((e) => studentOf(o, e, seed, best)),
  };
}

/** All options of a student in an entry: its own, what was found for the method, what the study says of the method, what the entry says. */
export function studentOf(
  o: StudyOptions,
  entry: StudyEntry,
  seed: number,
  best: Readonly<Record<string, Values>>,
): Values {
  const { name, method, best: one = false, options } = entry;
  const teachers = one ? entry.teachers?.slice(0, 1) : entry.teachers;
  return {
    ...seeded(o.student, seed),
    ...best[method],
    ...o.methods[method],
    ...options,
    ...{ name, method },
    ...(teachers ? { teachers } : {}),
  };
}

function sharedOf(o: StudyOptions): Values {
  const own = ['student', 'entries', 'methods', 'seeds', 'against', 'tune'];
  return { ...Object.fromEntries(Object.entries(o).filter(([name]) => !own.includes(name))), baselines: [] };
}

type Entry = { readonly model?: string | undefined };

const takesSeed = ({ model }: Entry): boolean => model !== undefined && 'seed' in modelOf(model).options.shape;

/** A model that has a seed gets this one, unless it names another. */
const seeded = <E extends Entry>(entry: E, seed: number): E => (takesSeed(entry) ? { seed, ...entry } : entry);
