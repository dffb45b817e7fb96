/** Converts errors to HTTP responses: a status and `{ "error": { code, message, hint } }` with the library's codes. */
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
  'empty-history': 422,
  'wrong-kind': 422,
  'bundle-damaged': 422,
  'bundle-version': 422,
  'crypto-missing': 500,
};

/** Hints for errors of the HTTP layer, by its codes. Other 4xx errors keep their own message. */
const hints: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send JSON, with the header "Content-Type: application/json".',
  FST_ERR_CTP_INVALID_JSON_BODY: 'Send one JSON document.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'Send one JSON document.',
  FST_ERR_BAD_URL: 'Encode the path. Use encodeURIComponent for ids in it.',
};

export function failureOf(error: unknown, bodyLimit: number): Failure {
  if (error instanceof RecdistillError) return failure(error.status, error);
  if (error instanceof StudentError) return failure(studentStatus[error.code], error);
  const { code = '', statusCode = 500, message = '' } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return failure(413, new RecdistillError('body-too-large', { most: bodyLimit }));
  }
  if (statusCode >= 400 && statusCode < 500) {
    const hint = hints[code] ?? 'See /docs for the requests that this server accepts.';
    return failure(statusCode, { code: 'bad-request', message: shortened(message), hint });
  }
  // The response reveals nothing about an unexpected error. It is logged.
  const hint = 'See the log of the server. Please report this.';
  return failure(500, { code: 'unexpected', message: 'internal server error', hint });
}

const failure = (status: number, { code, message, hint }: Failure['error']): Failure => ({
  status,
  error: { code, message, hint },
});

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}...` : text);

/**
 * The first validation issue as an error: what was given and what was expected.
 * @param part the invalid part of the request, such as `body`
 * @param input the validated input
 */
export function badRequest(error: z.ZodError, schema: z.ZodType, part: string, input: unknown): RecdistillError {
  const issue = error.issues[0]!;
  const { path, given, expected } = complaint(schema, issue, input);
  const where = shortened([part, ...(path === '' ? [] : [path])].join('.'));
  const problem =
    issue.code === 'unrecognized_keys'
      ? `${where}: ${shortened(issue.message)}`
      : `${where} is ${shortened(given)}; expected ${shortened(expected)}`;
  return new RecdistillError('bad-request', { problem, hint: 'See /docs for the requests that this server accepts.' });
}
