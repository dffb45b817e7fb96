/** Units by name: those that recdistill has, and those that users add. */
import { fail } from '../errors.js';
import { unitProblem } from './unit-check.js';

/** The kinds of units, in the words of messages. */
export const unitKinds = [
  ...(['model', 'method', 'metric', 'sampler', 'optimizer', 'reader', 'split', 'exporter', 'strategy'] as const),
] as const;

export type UnitKind = (typeof unitKinds)[number];

/** What every unit has: its kind, and a name that no other unit of its kind has. */
export interface Unit {
  readonly unit: UnitKind;
  readonly name: string;
}

/** A name of a built-in unit, which the editor completes, or of a unit that was added. */
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
  /**
   * The unit of this name, or the unit itself, which its name stands for from now on.
   * @throws RecdistillError `unknown-name`, `name-taken` for another unit under a name that exists, `broken-unit` if it is no such unit
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

/** The absolute paths of the files that these units were read from, each once; nothing for built-in units. */
export const filesOf = (units: readonly Unit[]): string[] => [
  ...new Set(units.flatMap((unit) => files.get(unit) ?? [])),
];

/**
 * @param unit the kind
 * @param words what a unit of this kind is called in messages
 * @param builtIn units of recdistill, each under its name
 * @param check names what is wrong with a unit that is added, and in which field; undefined if nothing is
 */
export function createRegistry<U extends Unit>(
  unit: U['unit'],
  words: string,
  builtIn: Readonly<Record<string, U>>,
  check: (given: U) => string | undefined = () => undefined,
): Registry<U> {
  const units = new Map(Object.values(builtIn).map((u) => [u.name, u]));
  const most = units.size;
  const add = (given: U, file?: string): void => {
    if (units.get(given?.name) === given) return;
    const problem = unitProblem(given, unit, words) ?? check(given);
    const where = file === undefined ? {} : { file };
    if (problem !== undefined) fail('broken-unit', { kind: words, given: nameOf(given), problem, ...where });
    if (units.has(given.name)) fail('name-taken', { kind: words, given: given.name, ...where });
    units.set(given.name, given);
    if (file !== undefined) files.set(given, file);
  };
  const isUnit = (given: unknown): given is U => typeof given === 'object' && given !== null;
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
    find(given) {
      if (typeof given !== 'string') {
        add(given);
        return given;
      }
      const found = units.get(given);
      return found ?? fail('unknown-name', { kind: words, given, known: [...units.keys()].join(', ') });
    },
    add,
  };
}

const nameOf = (given: unknown): string =>
  typeof given === 'object' && given !== null && 'name' in given ? String(given.name) : '(no name)';
