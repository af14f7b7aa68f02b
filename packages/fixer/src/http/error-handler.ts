// Turns every error of a request into one answer: a status, a code, a message and what to do.
import { Fault } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import type { ErrorRequestHandler, RequestHandler } from 'express';

/** Body of every answer that is not a success. */
export interface ErrorBody {
  error: { code: string; message: string; remedy: string };
}

const statusByCode = {
  body_not_json: 400,
  body_invalid: 400,
  query_invalid: 400,
  relay_unsigned: 401,
  relay_signature_wrong: 401,
  relay_clock_skew: 401,
  token_missing: 401,
  token_wrong: 401,
  host_not_allowed: 403,
  origin_not_allowed: 403,
  not_found: 404,
  decision_expired: 409,
  decision_answered: 409,
  decision_stale: 409,
  decision_closed: 409,
  decision_invalid: 409,
  incident_busy: 409,
  body_too_large: 413,
  body_encoded: 415,
  too_many_listeners: 503,
} as const;
export type RequestFaultCode = keyof typeof statusByCode;

export function requestFault(code: RequestFaultCode, message: string, remedy: string): Fault {
  return new Fault({ code, message, remedy });
}

export const notFound: RequestHandler = (request, _response, next) => {
  next(requestFault('not_found', `There is nothing at ${request.path}.`, 'docs/api.md lists the addresses there are.'));
};

/** Unexpected errors are logged whole and answered without details: those may hold what the caller must not see. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const fault = asFault(error);
    const status = (statusByCode as Record<string, number>)[fault.code] ?? (fault.isRetryable ? 503 : 500);
    if (status >= 500) log.error({ err: error, path: request.path }, 'request failed');
    else log.debug({ code: fault.code, path: request.path }, 'request refused');
    const body: ErrorBody = { error: { code: fault.code, message: fault.message, remedy: fault.remedy } };
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    response.status(status).json(body);
  };
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  // The body parser names what it refused in `type`.
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  if (type === 'entity.too.large') {
    return requestFault('body_too_large', 'The request is too large.', 'Send fewer or smaller reports at once.');
  }
  if (type === 'encoding.unsupported') {
    return requestFault('body_encoded', 'Compressed requests are not accepted.', 'Send the body as it is.');
  }
  if (type === 'entity.parse.failed' || type === 'request.size.invalid' || type === 'request.aborted') {
    return requestFault('body_not_json', 'The body is not valid JSON.', 'Send one JSON document as application/json.');
  }
  return new Fault({
    code: 'internal',
    message: 'The fixer failed on this request.',
    remedy: 'See its log; the request may be sent again.',
    cause: error,
  });
}
