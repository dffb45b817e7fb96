/** Errors as answers: a status and `{ "error": { code, message, hint } }`, in the words of the library. */
import type { FastifyError } from 'fastify';
import type { z } from 'zod';
import { RecdistillError } from '../errors.js';
import { complaint } from '../options/options.js';
import { StudentError, type StudentErrorCode } from '../student/index.js';

export interface Failure {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

const studentStatus: Readonly<Record<StudentErrorCode, number>> = {
  'bad-argument': 400,
  'unknown-user': 404,
  'unknown-item': 404,
  'bundle-damaged': 422,
  'bundle-version': 422,
  'crypto-missing': 500,
};

/** What the HTTP layer complains about, by its code; the rest of 4xx keeps its own message. */
const hints: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send JSON, with the header "Content-Type: application/json".',
  FST_ERR_CTP_INVALID_JSON_BODY: 'Send one JSON document.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'Send one JSON document.',
  FST_ERR_BAD_URL: 'Encode the path; ids in it with encodeURIComponent.',
};

export function failureOf(error: unknown, bodyLimit: number): Failure {
  if (error instanceof RecdistillError) return failure(error.status, error);
  if (error instanceof StudentError) return failure(studentStatus[error.code], error);
  const { code = '', statusCode = 500, message = '' } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return failure(413, new RecdistillError('body-too-large', { most: bodyLimit }));
  }
  if (statusCode >= 400 && statusCode < 500) {
    const hint = hints[code] ?? 'See /docs for what this server takes.';
    return failure(statusCode, { code: 'bad-request', message: shortened(message), hint });
  }
  // Nothing of an unexpected error goes out; the log has it.
  const hint = 'The log of the server says more. Please report this.';
  return failure(500, { code: 'unexpected', message: 'something went wrong inside the server', hint });
}

const failure = (status: number, { code, message, hint }: Failure['error']): Failure => ({
  status,
  error: { code, message, hint },
});

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}...` : text);

/**
 * The first complaint of a check, in a sentence: what was given and what was expected.
 * @param part where the request is wrong, such as `body`
 * @param input what was checked
 */
export function badRequest(error: z.ZodError, schema: z.ZodType, part: string, input: unknown): RecdistillError {
  const issue = error.issues[0]!;
  const { path, given, expected } = complaint(schema, issue, input);
  const where = shortened([part, ...(path === '' ? [] : [path])].join('.'));
  const problem =
    issue.code === 'unrecognized_keys'
      ? `${where}: ${shortened(issue.message)}`
      : `${where} is ${shortened(given)}; expected ${shortened(expected)}`;
  return new RecdistillError('bad-request', { problem, hint: 'See /docs for what this server takes.' });
}
