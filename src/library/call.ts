/** Options that all training calls share: the run folder, evaluation, and event listeners. */
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import type { evaluationOptions } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import { nearest } from '../nearest.js';
import type { OptionsInput, OptionsSchema } from '../options/options.js';
import type { Overwrite } from '../runs/index.js';
import type { TrainEvent, trajectoryOptions } from '../train/index.js';

/** Options of a call, in addition to those of its model and method. `at`, `selectBy`, `evalUsers`: evaluation. `checkpoints`, `spread`: trajectory. */
export interface CallOptions extends OptionsInput<typeof evaluationOptions>, OptionsInput<typeof trajectoryOptions> {
  /** Name of the run in tables. Default: the model and, if there is one, the method. */
  readonly name?: string;
  /** Folder of the run. The same call resumes an interrupted run and reads back a finished one. Absent: in memory only. */
  readonly folder?: string;
  /** Restart if the folder holds a run: `true` any run, `differing` a run with other options or data. Default: false. */
  readonly overwrite?: Overwrite;
  /** Kernels of your own, which you close. Default: kernels shared by all calls (see `configure`). */
  readonly kernels?: Kernels;
  readonly listen?: (event: TrainEvent) => void;
  /**
   * Trains again on all interactions when the run is evaluated, with the same options and the number of epochs that was chosen; teachers, too. The
   * result is `final` of the run, in the folder FOLDER/final if there is a folder.
   */
  readonly final?: boolean;
  /** Stops the training after a checkpoint. The call then throws `interrupted`. */
  readonly signal?: AbortSignal;
}

const names = {
  ...{ name: true, folder: true, overwrite: true, kernels: true, listen: true, signal: true, final: true },
  ...{ at: true, selectBy: true, evalUsers: true, checkpoints: true, spread: true },
} satisfies Record<keyof CallOptions, true>;

/** Reserved names, which options of models and methods cannot have. */
export const reserved: readonly string[] = [
  ...Object.keys(names),
  'data',
  'teachers',
  'teacher',
  'student',
  'method',
  'ensemble',
];

interface Declared {
  readonly name: string;
  readonly options: OptionsSchema;
}

/**
 * The options for the model and the method among the given ones.
 * @param own names of options of this call, in addition to those of every call
 * @throws RecdistillError `unknown-option` with the nearest known name, `broken-unit` if a unit declares an option with a reserved name
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
    const problem = `it declares the option "${clash}", which is reserved`;
    fail('broken-unit', { kind: 'unit', given: called, problem, hint: 'Rename the option.' });
  }
  const known = [...Object.keys(names), ...own, ...declared];
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const unmatched = entries.find(([option]) => !known.includes(option));
  if (unmatched) {
    const [option] = unmatched;
    fail('unknown-option', { owner: called, option, suggestion: nearest(option, known), known: known.join(', ') });
  }
  return Object.fromEntries(entries.filter(([option]) => declared.includes(option)));
}

/** The part of a request that all calls derive from their options. */
export const requestOf = ({
  at,
  selectBy,
  evalUsers,
  checkpoints,
  spread,
  folder,
  overwrite,
  signal,
}: Omit<CallOptions, 'listen'>) => ({
  evaluation: defined({ at, selectBy, evalUsers }),
  trajectory: defined({ checkpoints, spread }),
  ...defined({ folder, overwrite, signal }),
});
