/** Units by name: those that recdistill has, and those that users add. */
import { fail } from '../errors.js';

/** The kinds of units, in the words of messages. */
export type UnitKind = 'model' | 'method' | 'metric' | 'sampler' | 'optimizer' | 'reader' | 'exporter' | 'strategy';

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
  /** Built-in units in their order, then added ones. */
  all(): readonly U[];
  /**
   * The unit of this name, or the unit itself, which its name stands for from now on.
   * @throws RecdistillError `unknown-name`, `name-taken` for another unit under a name that exists, `broken-unit` if it is no such unit
   */
  find(given: string | U): U;
  /** @throws RecdistillError `name-taken`, `broken-unit` */
  add(unit: U): void;
}

/**
 * @param words what a unit of this kind is called in messages
 * @param check names what is wrong with a unit that is added, field by field; undefined if nothing is
 */
export function createRegistry<U extends Unit>(
  unit: U['unit'],
  words: string,
  builtIn: Readonly<Record<string, U>>,
  check: (given: U) => string | undefined = () => undefined,
): Registry<U> {
  const units = new Map(Object.values(builtIn).map((u) => [u.name, u]));
  const add = (given: U): void => {
    const known = units.get(given?.name);
    if (known === given) return;
    const problem =
      given?.unit !== unit
        ? `it is not made by the function that makes a ${words}`
        : /^[a-z0-9][a-z0-9-]*$/.test(given.name)
          ? check(given)
          : `its name is ${JSON.stringify(given.name)}; expected lower-case letters, digits and "-"`;
    if (problem !== undefined) fail('broken-unit', { kind: words, given: given?.name ?? '(no name)', problem });
    if (known) fail('name-taken', { kind: words, given: given.name });
    units.set(given.name, given);
  };
  return {
    unit,
    all: () => [...units.values()],
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
