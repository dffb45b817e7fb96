/** The pipelines of a study. */
import { type ModelSpec, modelOf } from '../../../models/index.js';
import type { Values } from '../../search/index.js';
import { type MatchedEntry, matchedEntries } from '../matched.js';
import type { StudyEntry, StudyOptions } from './options.js';

/** Least number of teachers in a homogeneous ensemble. */
const FEWEST = 2;

/** The size-matched baselines of a study, of the dim of each entry. @param usable as of `matchedEntries` */
export const matchedOf = (
  o: StudyOptions,
  entries: readonly StudyEntry[],
  usable?: (model: ModelSpec) => boolean,
): MatchedEntry[] =>
  matchedEntries(
    {
      ...{ matched: o.matched, baselines: o.baselines, teachers: o.teachers },
      students: entries.map(({ method, options }) => ({ ...o.student, ...o.methods[method], ...options, method })),
    },
    usable,
  );

/**
 * The pipeline of one seed: all teachers, size-matched baselines, and one student for each entry. Baselines that take no seed are only in the pipeline of the first
 * seed.
 * @param best options that a search found, by method and by size-matched baseline
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
    matched: matchedOf(o, entries).map((e) => ({ ...seeded(e, seed), ...best[e.name] })),
    students: entries.filter((e) => e.ensemble === 'given').map((e) => studentOf(o, e, seed, best)),
  };
}

/** The pipeline of one seed whose teachers are all of the model of the first teacher, with different seeds; undefined without such entries. */
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

/** The student of an entry. Options, in ascending precedence: of the student, found by the search, of the method, of the entry. */
function studentOf(o: StudyOptions, entry: StudyEntry, seed: number, best: Readonly<Record<string, Values>>): Values {
  const { name, method, weights, best: one = false, options } = entry;
  const teachers = one ? entry.teachers?.slice(0, 1) : entry.teachers;
  return {
    ...seeded(o.student, seed),
    ...best[method],
    ...o.methods[method],
    ...options,
    ...{ name, method },
    ...(weights === undefined ? {} : { ensemble: weights }),
    ...(teachers ? { teachers } : {}),
  };
}

function sharedOf(o: StudyOptions): Values {
  const own = ['student', 'entries', 'methods', 'seeds', 'against', 'tune'];
  return {
    ...Object.fromEntries(Object.entries(o).filter(([name]) => !own.includes(name))),
    baselines: [],
    matched: false,
  };
}

type Entry = { readonly model?: string | undefined };

const takesSeed = ({ model }: Entry): boolean => model !== undefined && 'seed' in modelOf(model).options.shape;

/** Sets the seed of a model that takes one, unless the entry has its own. */
const seeded = <E extends Entry>(entry: E, seed: number): E => (takesSeed(entry) ? { seed, ...entry } : entry);
