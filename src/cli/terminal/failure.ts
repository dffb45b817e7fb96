/** The messages and the exit code of a failed command. */
import { RecdistillError } from '../../errors.js';
import { describeIo, ioCode } from '../../formats/index.js';
import { StudentError } from '../../student/index.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** 1 = failed, 2 = wrong usage. */
  readonly exit: 1 | 2;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof RecdistillError) {
    const { code, message, hint, exitCode } = error;
    return { code, message, hint, exit: exitCode };
  }
  if (error instanceof StudentError) {
    const { code, message, hint } = error;
    return { code, message, hint, exit: code === 'bad-argument' ? 2 : 1 };
  }
  const system = systemError(error);
  if (system !== undefined) return system;
  return {
    code: 'unexpected',
    message: `internal error: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Please report this with the command and the output of `recdistill doctor`. RECDISTILL_DEBUG=1 shows the stack.',
    exit: 1,
  };
}

/** An error of the operating system that no function has described: what it refused, and where. */
function systemError(error: unknown): Failure | undefined {
  if (ioCode(error) === undefined) return undefined;
  const { path, syscall = 'a call' } = error as NodeJS.ErrnoException;
  const what = path === undefined ? syscall : `${syscall} of ${path}`;
  const hint =
    'Check that the disk has space and that the folder can be written. Then repeat the command: it continues.';
  return { code: 'system', message: `the system refused ${what}: ${describeIo(error)}`, hint, exit: 1 };
}

/** `error: ...` and `hint: ...`; with `stack` (RECDISTILL_DEBUG) also the stack. */
export function failureText(failure: Failure, error: unknown, stack: boolean): string {
  const lines = [`error: ${failure.message}`, `hint: ${failure.hint}`];
  if (stack && error instanceof Error) lines.push(stackOf(error));
  return lines.join('\n');
}

const stackOf = (error: Error): string =>
  [error.stack ?? '', ...(error.cause instanceof Error ? [`caused by ${stackOf(error.cause)}`] : [])].join('\n');

/**
 * The error of a process that ends before its command: a unit ended it, or what the command waits for never happens.
 * @param idle whether nothing was left to do
 * @param files modules with units of the user
 */
export function earlyEnd(idle: boolean, files: readonly string[]): RecdistillError {
  const problem = idle ? 'it waits for a promise that is never settled' : 'process.exit was called';
  return new RecdistillError('ended-early', { problem, files: files.join(', ') });
}
