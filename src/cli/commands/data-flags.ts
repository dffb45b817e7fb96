/** Data options of a command that uses some of their names itself: `--format` of the data becomes `--data-format`. */

import { dataOptions } from '../../data/index.js';
import { type OptionShape, options } from '../../options/options.js';
import type { Given, OptionGroup } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroupOf } from '../terminal/groups.js';

export interface DataFlags {
  readonly group: OptionGroup;
  /** Only the data flags, by their usual names. @throws RecdistillError `bad-option` */
  usual(given: Given): Given;
}

/** @param taken names of data options that have another meaning in this command */
export function dataFlags(taken: readonly (keyof typeof dataOptions.shape)[]): DataFlags {
  const longer = (name: string) => `data${name[0]!.toUpperCase()}${name.slice(1)}`;
  const usual = new Map(Object.keys(dataOptions.shape).map((name) => [name, name]));
  for (const name of taken) {
    usual.delete(name);
    usual.set(longer(name), name);
  }
  const shape: OptionShape = Object.fromEntries(
    [...usual].map(([flag, name]) => [flag, dataOptions.shape[name as keyof typeof dataOptions.shape]]),
  );
  const own = dataGroupOf(options(shape), (name) => [...usual].find(([, known]) => known === name)![0]);
  return {
    group: own,
    usual(given) {
      // Checked here, so that errors name the flags of this command.
      readOptions(own, given);
      const flags = Object.entries(given.flags).flatMap(([flag, value]) => {
        const name = usual.get(flag);
        return name === undefined ? [] : [[name, value] as const];
      });
      return { args: [], flags: Object.fromEntries(flags) };
    },
  };
}
