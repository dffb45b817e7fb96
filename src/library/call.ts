/** What calls that train have in common: where a run is kept, how it is judged, who listens. */
import { fail } from '../errors.js';
import type { evaluationOptions } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import { nearest } from '../nearest.js';
import type { OptionsInput, OptionsSchema } from '../options/options.js';
import type { Overwrite } from '../runs/index.js';
import type { TrainEvent, trajectoryOptions } from '../train/index.js';

/** How a call runs, beside the options of its model and method. `at`, `selectBy`: evaluation. `checkpoints`, `spread`: the trajectory. */
export interface CallOptions extends OptionsInput<typeof evaluationOptions>, OptionsInput<typeof trajectoryOptions> {
  /** What tables call the run; default: the model, with the method where there is one. */
  readonly name?: string;
  /** Where the run is kept: interrupted, the same call goes on with it; finished, it is read back. Absent: in memory only. */
  readonly folder?: string;
  /** Start anew if the folder holds a run: `true` any, `differing` one of other options or data. False by default. */
  readonly overwrite?: Overwrite;
  /** Kernels of your own, which you close; default: those that all calls share (see `configure`). */
  readonly kernels?: Kernels;
  readonly listen?: (event: TrainEvent) => void;
  /** Stops the training after a checkpoint; the call then throws `interrupted`. */
  readonly signal?: AbortSignal;
}

const names = {
  ...{ name: true, folder: true, overwrite: true, kernels: true, listen: true, signal: true },
  ...{ at: true, selectBy: true, checkpoints: true, spread: true },
} satisfies Record<keyof CallOptions, true>;

/** Names that the calls take for themselves, so that no option of a model or method can have them. */
export const reserved: readonly string[] = [...Object.keys(names), 'data', 'teachers', 'teacher', 'student', 'method'];

interface Declared {
  readonly name: string;
  readonly options: OptionsSchema;
}

/**
 * Those of the given options that are for the model and the method.
 * @param own options of this call beside those of every call
 * @throws RecdistillError `unknown-option` with the nearest known name, `broken-unit` if a unit declares an option under a reserved name
 */
export function unitOptions(
  given: object,
  units: readonly Declared[],
  own: readonly string[],
): Record<string, unknown> {
  const declared = units.flatMap((unit) => Object.keys(unit.options.shape));
  const called = units.map((unit) => unit.name).join(' with ');
  const clash = declared.find((option) => reserved.includes(option));
  if (clash !== undefined) {
    const problem = `it declares the option "${clash}", which the library takes itself`;
    fail('broken-unit', { kind: 'unit', given: called, problem, hint: 'Give the option another name.' });
  }
  const known = [...Object.keys(names), ...own, ...declared];
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const stray = entries.find(([option]) => !known.includes(option));
  if (stray) {
    const [option] = stray;
    fail('unknown-option', { owner: called, option, suggestion: nearest(option, known), known: known.join(', ') });
  }
  return Object.fromEntries(entries.filter(([option]) => declared.includes(option)));
}

/** The part of a request that every call makes of its options. */
export const requestOf = ({
  at,
  selectBy,
  checkpoints,
  spread,
  folder,
  overwrite,
  signal,
}: Omit<CallOptions, 'listen'>) => ({
  evaluation: defined({ at, selectBy }),
  trajectory: defined({ checkpoints, spread }),
  ...defined({ folder, overwrite, signal }),
});

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
export const defined = <T extends object>(fields: T): Defined<T> =>
  Object.assign({}, ...Object.entries(fields).map(([name, value]) => (value === undefined ? {} : { [name]: value })));
