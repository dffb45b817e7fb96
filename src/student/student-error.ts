/** Error codes: an invalid argument, an unknown id, a call that this kind of student cannot answer, or a bundle that must not be used. */
export type StudentErrorCode =
  | 'bad-argument'
  | 'unknown-user'
  | 'unknown-item'
  | 'empty-history'
  | 'wrong-kind'
  | 'bundle-damaged'
  | 'bundle-version'
  | 'crypto-missing';

/** The error class of the student layer. `hint` says what to do. */
export class StudentError extends Error {
  readonly code: StudentErrorCode;
  readonly hint: string;
  /** The file of the bundle that caused the error, if any. */
  readonly file: string | undefined;

  constructor(code: StudentErrorCode, message: string, hint: string, file?: string, cause?: unknown) {
    super(file === undefined ? message : `${file}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'StudentError';
    this.code = code;
    this.hint = hint;
    this.file = file;
  }
}

/** Throws `bundle-damaged`. */
export function damaged(problem: string, file?: string, cause?: unknown): never {
  throw new StudentError('bundle-damaged', problem, 'Export or copy the file again.', file, cause);
}
