/** Names that options of a user's own unit cannot have, and what else has to be right with its options. */
import { RecdistillError } from '../errors.js';
import { kebab } from './describe.js';
import type { OptionsSchema } from './schema.js';
import { checkSpace, type SearchSpace } from './search.js';
import { shown } from './unit-check.js';

/**
 * Keys of the entries of pipelines and studies, and options of the commands that train: an option of a model of such a name could not be given. A
 * test compares them with the commands.
 */
export const reservedNames: ReadonlySet<string> = new Set([
  ...[
    'model',
    'method',
    'name',
    'teachers',
    'student',
    'rankings',
    'ensemble',
    'role',
    'use',
    'start',
    'at',
    'selectBy',
  ],
  ...[
    'checkpoints',
    'spread',
    'runs',
    'overwrite',
    'preset',
    'space',
    'jobs',
    'dryRun',
    'queue',
    'store',
    'minThreads',
    'evalUsers',
    'continue',
    'final',
  ],
  ...['trials', 'strategy', 'halving', 'eta', 'minEpochs'],
  ...['threads', 'memoryLimit', 'arithmetic', 'json', 'quiet', 'help', 'version'],
  ...['data', 'format', 'user', 'item', 'time', 'rating', 'header', 'weight', 'weightScale', 'delimiter', 'quote'],
  ...['encoding', 'decimal', 'where', 'explode', 'trim', 'missing', 'badRows', 'timeUnit', 'timeFormat', 'table'],
  ...[
    'minRating',
    'minUser',
    'minItem',
    'core',
    'split',
    'ratios',
    'foldInShare',
    'validShare',
    'holdOut',
    'splitSeed',
  ],
  ...['coldItems', 'unknownIds', 'hiddenShare', 'labels', 'labelsEncoding'],
]);

/** What is wrong with the options of a unit and with its search space; undefined if nothing is. */
export function optionsProblem(schema: OptionsSchema | undefined, search: SearchSpace = {}): string | undefined {
  if (typeof schema?.safeParse !== 'function' || typeof schema.shape !== 'object')
    return `its field "options" is ${shown(schema)}; expected what options({ ... }) gives`;
  const names = Object.keys(schema.shape);
  const reserved = names.find((name) => reservedNames.has(name));
  if (reserved !== undefined)
    return `its option "${reserved}" has a name that commands and pipelines use themselves; give it another`;
  const odd = names.find((name) => !/^[a-z][A-Za-z0-9]*$/.test(name) || /^no-/.test(kebab(name)));
  if (odd !== undefined) return `its option "${odd}" is not in camelCase, or begins with "no"`;
  const usual = schema.safeParse({});
  // A default is not checked where it is filled in.
  const [issue] = (usual.error ?? schema.safeParse(usual.data).error)?.issues ?? [];
  if (issue) return `its option "${issue.path.join('.')}" has no default, or one that the option itself refuses`;
  try {
    checkSpace(search, schema, 'its field "search"');
  } catch (error) {
    if (error instanceof RecdistillError) return error.message;
    return `its field "search" is no search space: ${String(error)}`;
  }
  return undefined;
}
