/**
 * All errors that recdistill raises deliberately: a code, a message with what was given and what was expected, a hint
 * what to do, an HTTP status, and the exit code of the command line (1 = failure, 2 = incorrect usage).
 */
import { nearest } from './nearest.js';

interface ErrorTemplate {
  readonly message: (p: Record<string, unknown>) => string;
  readonly hint: (p: Record<string, unknown>) => string;
  readonly status?: number;
  readonly exit?: 1 | 2;
}

const taughtBy = ({ method }: Record<string, unknown>): string =>
  method === undefined || method === 'none' ? '' : ` with ${method}`;

const table = {
  // --- options and usage -------------------------------------------------------------------------------------------
  'unknown-option': {
    message: (p) => `unknown option "${p.option}" for ${p.owner}`,
    hint: (p) => (p.suggestion ? `Did you mean "${p.suggestion}"?` : `Known options: ${p.known}.`),
    status: 400,
    exit: 2,
  },
  'bad-option': {
    message: (p) => `option "${p.option}" of ${p.owner} is ${p.given}; expected ${p.expected}`,
    hint: (p) => (p.help ? `${p.help}` : 'Change the value and try again.'),
    status: 400,
    exit: 2,
  },
  'unknown-name': {
    message: (p) => `there is no ${p.kind} called "${p.given}"`,
    hint: (p) => {
      if (p.hint) return `${p.hint}`;
      const suggestion = nearest(String(p.given), String(p.known).split(', '));
      return `${suggestion ? `Did you mean "${suggestion}"? ` : ''}Known: ${p.known}.`;
    },
    status: 404,
    exit: 2,
  },
  'name-taken': {
    message: (p) => `there is already a ${p.kind} called "${p.given}"${p.file ? `, and ${p.file} has another` : ''}`,
    hint: () => 'Choose another name for the new one.',
    status: 409,
    exit: 2,
  },
  'broken-unit': {
    message: (p) => `the ${p.kind} "${p.given}"${p.file ? ` of ${p.file}` : ''} breaks its contract: ${p.problem}`,
    hint: (p) =>
      `${p.hint ?? 'Correct its declaration. The contract suite in recdistill/testing shows what is missing.'}`,
    status: 422,
    exit: 2,
  },
  // Wrong use of the kernels or the toolkit by the code of a unit. Where a unit is at work, it becomes `broken-unit`.
  misuse: { message: (p) => `${p.problem}`, hint: (p) => `${p.hint}`, status: 400, exit: 2 },
  'bad-space': {
    message: (p) => `the search space of ${p.owner} is not valid: ${p.problem}`,
    hint: (p) => `${p.hint}`,
    status: 400,
    exit: 2,
  },
  usage: { message: (p) => `${p.problem}`, hint: (p) => `${p.hint}`, status: 400, exit: 2 },

  // --- data --------------------------------------------------------------------------------------------------------
  'file-missing': {
    message: (p) => `cannot read ${p.path}: there is no such file or folder`,
    hint: () => 'Check the path. Relative paths are relative to the working directory.',
    status: 404,
  },
  'bad-data': { message: (p) => `${p.path}: ${p.problem}`, hint: (p) => `${p.hint}`, status: 422 },
  'download-failed': {
    message: (p) => `cannot download ${p.url}: ${p.reason}`,
    hint: () =>
      'Check the network and try again, or download the file yourself and set RECDISTILL_DATA (docs/data.md).',
    status: 502,
  },

  // --- kernels -----------------------------------------------------------------------------------------------------
  'out-of-memory': {
    message: (p) => `not enough memory: ${p.what} needs ${p.needed}, ${p.available} available`,
    hint: (p) => `${p.hint}`,
    status: 507,
  },
  'worker-failed': {
    message: (p) => `a worker thread failed in ${p.kernel}: ${p.reason}`,
    hint: () =>
      'The results of this call are lost and the thread pool is closed. Create new kernels. Please report this.',
    status: 500,
  },

  'not-positive-definite': {
    message: (p) =>
      `the ${p.n} x ${p.n} matrix is not positive definite: row ${p.row} is linearly dependent on the rows before it, or has a value that is not a number`,
    hint: () => 'Increase its diagonal (raise l2), and check that its values are finite.',
    status: 422,
  },

  // --- models and training -----------------------------------------------------------------------------------------
  'needs-not-met': { message: (p) => `${p.problem}`, hint: (p) => `${p.hint}`, status: 422, exit: 2 },
  'preset-differs': {
    message: (p) =>
      `the preset ${p.preset} was found on ${p.data} (${p.before}), but this is different data (${p.now})`,
    hint: (p) => `To use its options anyway, set them explicitly: ${p.flags}`,
    status: 409,
    exit: 2,
  },
  diverged: {
    message: (p) =>
      p.parameter
        ? `${p.model}${taughtBy(p)} diverged: its parameter ${p.parameter} has values that are not finite or too large after epoch ${p.epoch}`
        : p.problem
          ? `${p.model}${taughtBy(p)} diverged: ${p.problem}`
          : `${p.model}${taughtBy(p)} diverged: the loss of epoch ${p.epoch} is ${p.loss}`,
    hint: (p) =>
      `Lower learningRate or raise l2; the run then needs another name or overwrite. ${p.bestEpoch ? `The best checkpoint so far, of epoch ${p.bestEpoch}, is kept.` : 'Nothing was evaluated yet, so no checkpoint is kept.'}`,
    status: 422,
  },

  // --- runs and artifacts ------------------------------------------------------------------------------------------
  'run-locked': {
    message: (p) => `the ${p.kind} ${p.path} has been in use by process ${p.pid} on ${p.host} since ${p.since}`,
    hint: (p) =>
      p.left === undefined
        ? `Wait for it, stop it, or choose another name. If that process no longer exists, delete the file ${p.lock}.`
        : `That process is in another container or on another host. If it has ended, try again in ${p.left} seconds: then its lock expires.`,
    status: 409,
  },
  'lock-lost': {
    message: (p) =>
      `the ${p.kind} ${p.path} is no longer locked by this process: ${p.owner ? `${p.owner} has taken it over` : 'its lock file was deleted'}`,
    hint: (p) =>
      `Nothing was written since. A lock is taken over if this process is paused for more than ${p.seconds} seconds, or its host cannot write to the folder.`,
    status: 409,
  },
  'run-differs': {
    message: (p) => `the run ${p.path} was made with different ${p.what}: ${p.difference}`,
    hint: (p) => `${p.hint ?? 'Choose another name for the new run, or overwrite this one.'}`,
    status: 409,
  },
  'run-format': {
    message: (p) =>
      `the run ${p.path} has format ${p.given} and was written by ${p.by}; recdistill ${p.version} reads format ${p.known}`,
    hint: () =>
      'Use that version for this run, choose another name or another folder of runs, or make the run again with --overwrite.',
    status: 409,
  },
  'ended-early': {
    message: (p) => `the process ended before the command was done: ${p.problem}`,
    hint: (p) =>
      `${p.files ? `Look for it in ${p.files}. ` : ''}A unit must not end the process, and a promise that it returns has to settle. Checkpoints are kept: run the same command again.`,
    status: 500,
  },
  'job-lost': {
    message: (p) => `the process of ${p.job} ended with ${p.end} and gave no result, ${p.times} times`,
    hint: () =>
      'Run the same command again; it continues from the last checkpoint. If memory ran out, use fewer --jobs or a smaller --memory-limit. A unit of your own must not end the process.',
    status: 500,
  },
  'job-cancelled': {
    message: (p) => `${p.job} was cancelled`,
    hint: () => 'Run the same command again; it continues from the last checkpoint.',
    status: 409,
  },
  'queue-failed': { message: (p) => `${p.problem}`, hint: (p) => `${p.hint}`, status: 503 },
  'jobs-failed': {
    message: (p) => `${p.failed} of ${p.jobs} jobs failed: ${p.problems}`,
    hint: () => 'The results of the other jobs are kept. Correct what failed and run the same command again.',
    status: 422,
  },
  'bad-plan': { message: (p) => `${p.problem}`, hint: (p) => `${p.hint}`, status: 400, exit: 2 },
  'artifact-differs': {
    message: (p) => `${p.path} was made from different ${p.what}: ${p.difference}`,
    hint: () => 'Make it again from this data, or use the data that it was made from.',
    status: 409,
  },
  'artifact-damaged': {
    message: (p) => `${p.path} is damaged: ${p.problem}`,
    hint: (p) =>
      `${p.hint ?? 'Delete the file and run the command again. A run continues from its last complete checkpoint.'}`,
    status: 422,
  },
  'over-limit': {
    message: (p) => `${p.path} is too large to read: ${p.problem}`,
    hint: (p) =>
      `${p.hint ?? 'Files that recdistill writes are far smaller. Check that this is the right file, or make it again.'}`,
    status: 413,
  },
  'read-failed': {
    message: (p) => `cannot read ${p.path}: ${p.problem}`,
    hint: () => 'Check that it is a file and that you have permission to read it.',
    status: 500,
  },
  'write-failed': {
    message: (p) => `cannot write ${p.path}: ${p.problem}`,
    hint: (p) => `${p.hint ?? 'Free some space or check the permissions. No partially written file remains.'}`,
    status: 507,
  },

  // --- serving -----------------------------------------------------------------------------------------------------
  'bad-request': { message: (p) => `${p.problem}`, hint: (p) => `${p.hint}`, status: 400 },
  'not-allowed': {
    message: (p) => `${p.problem}`,
    hint: () => 'Send the header "Authorization: Bearer TOKEN" with the token of this server.',
    status: 401,
  },
  'no-route': {
    message: (p) => `there is nothing at ${p.method} ${p.path}`,
    hint: () => 'See /docs for what this server answers.',
    status: 404,
  },
  'bad-method': {
    message: (p) => `${p.path} does not answer ${p.method}`,
    hint: (p) => `It answers ${p.allowed}. See /docs.`,
    status: 405,
  },
  'host-not-allowed': {
    message: (p) => `this server is not called "${p.given}"`,
    hint: (p) => `Start it with --allowed-hosts ${p.given}, or ask for a name that it has, such as localhost.`,
    status: 421,
  },
  'cross-site': {
    message: () => 'a browser sent this request for a page of another site',
    hint: () => 'Send it from a program, or from a page of this server.',
    status: 403,
  },
  'coded-body': {
    message: (p) => `the request body has the content coding ${p.coding}`,
    hint: () => 'Send it without the header Content-Encoding, as plain JSON.',
    status: 415,
  },
  'body-too-large': {
    message: (p) => `the request body is too large; at most ${p.most} bytes are allowed`,
    hint: () => 'Split the request into smaller ones.',
    status: 413,
  },
  'too-many-requests': {
    message: (p) => `more than ${p.most} requests within ${p.window} from this address`,
    hint: (p) => `Try again in ${p.after}.`,
    status: 429,
  },
  overloaded: {
    message: (p) => `the server is overloaded: ${p.problem}`,
    hint: () => 'Try again after the number of seconds in the header Retry-After.',
    status: 503,
  },
  'reload-failed': {
    message: (p) => `the new bundle was rejected, and the previous one stays in service: ${p.problem}`,
    hint: (p) => `${p.hint}`,
    status: 422,
  },
  'cannot-listen': {
    message: (p) => `cannot listen on ${p.host} port ${p.port}: ${p.problem}`,
    hint: (p) => {
      const option = `--${p.option ?? 'port'}`;
      return `Choose another ${option} or --host. ${option} 0 chooses any free port.`;
    },
  },
  'server-failed': {
    message: (p) => `the server ended unexpectedly: ${p.problem}`,
    hint: () => 'See the log above for the cause. Please report this.',
  },

  // --- interruption -------------------------------------------------------------------------------------------------
  interrupted: {
    message: (p) => `interrupted: ${p.what} stopped ${p.unkept ? 'before it was finished' : 'at a checkpoint'}`,
    hint: (p) =>
      p.unkept
        ? 'No partially written file remains. Run the same command again: finished parts are reused, the rest starts over.'
        : 'Run the same command again to continue.',
    status: 499,
  },
} satisfies Record<string, ErrorTemplate>;

export type ErrorCode = keyof typeof table;

export class RecdistillError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly status: number;
  readonly exitCode: 1 | 2;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, details: Record<string, unknown>, cause?: unknown) {
    const template: ErrorTemplate = table[code];
    super(template.message(details), cause === undefined ? undefined : { cause });
    this.name = 'RecdistillError';
    this.code = code;
    this.hint = template.hint(details);
    this.status = template.status ?? 500;
    this.exitCode = template.exit ?? 1;
    this.details = details;
  }
}

/** Throws a `RecdistillError`. `details` fill the message template of `code`. */
export function fail(code: ErrorCode, details: Record<string, unknown>, cause?: unknown): never {
  throw new RecdistillError(code, details, cause);
}

/** All error codes, for the documentation and its test. */
export const errorCodes = Object.keys(table) as readonly ErrorCode[];
