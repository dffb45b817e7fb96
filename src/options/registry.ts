/** Registries of units by name: built-in units, and those that users add. */
import { fail } from '../errors.js';
import { guarded, type Origin } from './guard.js';
import { unitProblem } from './unit-check.js';

/** The kinds of units. */
export const unitKinds = [
  ...([
    'model',
    'method',
    'metric',
    'sampler',
    'optimizer',
    'reader',
    'split',
    'exporter',
    'strategy',
    'ensemble',
  ] as const),
] as const;

export type UnitKind = (typeof unitKinds)[number];

/** Common to all units: the kind, and a name that is unique within the kind. */
export interface Unit {
  readonly unit: UnitKind;
  readonly name: string;
  /**
   * Raised when a change of the code changes what the unit computes. From 2 on it is part of the hash of every run that
   * the unit takes part in, so that runs of the old code are not reused. Absent: 1.
   */
  readonly revision?: number;
}

/** The name of a built-in unit, which the editor completes, or of an added unit. */
export type NameOr<Names extends string> = Names | (string & Record<never, never>);

/** The units of one kind. */
export interface Registry<U extends Unit> {
  readonly unit: U['unit'];
  /** What a unit of this kind is called in messages. */
  readonly words: string;
  /** Built-in units in their order, then added ones. */
  all(): readonly U[];
  /** Units that users added. */
  added(): readonly U[];
  /** Whether a user added this unit. What such a unit returns is checked; built-in units are tested instead. */
  isAdded(unit: U): boolean;
  /**
   * The unit of this name. A given unit object is added and returned; errors in its code then name it (see `guarded`).
   * @throws RecdistillError `unknown-name`, `usage` if nothing is given, `name-taken` if another unit has the name, `broken-unit` if it is not a valid unit
   */
  find(given: string | U): U;
  /** @throws RecdistillError `name-taken`, `broken-unit` */
  add(unit: U): void;
}

/** The registry of a kind, as far as those need it who do not know the type of its units. */
export interface AnyRegistry {
  readonly unit: UnitKind;
  readonly words: string;
  all(): readonly Unit[];
  /** @throws RecdistillError `name-taken`, `broken-unit` */
  addUnknown(given: unknown, file?: string): void;
}

const registries = new Map<UnitKind, AnyRegistry>();

/** The registry of this kind, once the module that declares it is loaded. */
export const registryOf = (unit: UnitKind): AnyRegistry | undefined => registries.get(unit);

/** The files that units were read from with `--use`. */
const files = new WeakMap<object, string>();

/** Reports that a unit breaks its contract, with the file that it was read from. @throws RecdistillError `broken-unit` */
export function brokenUnit(unit: UnitKind, name: string, problem: string, hint?: string): never {
  const registry = registries.get(unit);
  const known = registry?.all().find((u) => u.name === name);
  const file = known && files.get(known);
  const more = { ...(hint === undefined ? {} : { hint }), ...(file === undefined ? {} : { file }) };
  return fail('broken-unit', { kind: registry?.words ?? unit, given: name, problem, ...more });
}

/** The absolute paths of the files that these units were read from, each once; nothing for built-in units. */
export const filesOf = (units: readonly Unit[]): string[] => [
  ...new Set(units.flatMap((unit) => files.get(unit) ?? [])),
];

/**
 * @param unit the kind
 * @param words name of this kind of unit in messages
 * @param builtIn built-in units by name
 * @param check describes the first invalid field of an added unit; undefined if it is valid
 * @param made fields of what `create` of an added unit returns
 */
export function createRegistry<U extends Unit>(
  unit: U['unit'],
  words: string,
  builtIn: Readonly<Record<string, U>>,
  check: (given: U) => string | undefined = () => undefined,
  made?: Origin['made'],
): Registry<U> {
  const units = new Map(Object.values(builtIn).map((u) => [u.name, u]));
  const most = units.size;
  const isUnit = (given: unknown): given is U => typeof given === 'object' && given !== null;
  /** The added units as they were given, by name. */
  const originals = new Map<string, U>();
  const add = (given: U, file?: string): U => {
    const known = isUnit(given) ? units.get(given.name) : undefined;
    if (known !== undefined && (known === given || originals.get(given.name) === given)) return known;
    const problem = unitProblem(given, unit, words) ?? check(given);
    const where = file === undefined ? {} : { file };
    if (problem !== undefined) fail('broken-unit', { kind: words, given: nameOf(given), problem, ...where });
    if (units.has(given.name)) fail('name-taken', { kind: words, given: given.name, ...where });
    const added = guarded(given, { words, name: given.name, made, ...where });
    units.set(given.name, added);
    originals.set(given.name, given);
    if (file !== undefined) files.set(added, file);
    return added;
  };
  registries.set(unit, {
    unit,
    words,
    all: () => [...units.values()],
    addUnknown(given, file) {
      if (!isUnit(given)) fail('broken-unit', { kind: words, given: nameOf(given), problem: 'it is no object' });
      add(given, file);
    },
  });
  return {
    unit,
    words,
    all: () => [...units.values()],
    added: () => [...units.values()].slice(most),
    isAdded: (unit) => originals.has(unit.name),
    find(given) {
      if (given === undefined || given === null) {
        const hint = `Pass one by name, or an object of your own. Known: ${[...units.keys()].join(', ')}.`;
        fail('usage', { problem: `the ${words} is missing`, hint });
      }
      if (typeof given !== 'string') return add(given);
      const found = units.get(given);
      return found ?? fail('unknown-name', { kind: words, given, known: [...units.keys()].join(', ') });
    },
    add,
  };
}

const nameOf = (given: unknown): string =>
  typeof given === 'object' && given !== null && 'name' in given ? String(given.name) : '(no name)';
