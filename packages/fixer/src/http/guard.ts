// Who may use the API: whoever holds the token, under a host name this service goes by, from no foreign page.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { requestFault } from './error-handler.js';

export interface GuardOptions {
  token: string;
  /** Host names besides the loopback ones, without ports. */
  allowedHosts: readonly string[];
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A page that a browser was tricked into loading under our address (DNS rebinding) shows a foreign host name; a page elsewhere shows a
 * foreign origin. Neither gets as far as the token.
 */
export function guardHost({ allowedHosts }: Pick<GuardOptions, 'allowedHosts'>): RequestHandler {
  const allowed = new Set([...loopbackNames, ...allowedHosts.map((name) => name.toLowerCase())]);
  return (request, response, next) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    const host = hostNameOf(request.headers.host);
    if (host === null || !allowed.has(host)) {
      throw requestFault(
        'host_not_allowed',
        'This service does not go by that host name.',
        'Use http://127.0.0.1, or add the name to ALLOWED_HOSTS.',
      );
    }
    const { origin } = request.headers;
    if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== request.headers.host)) {
      throw requestFault(
        'origin_not_allowed',
        'Requests from other pages are refused.',
        'Use the page of this service.',
      );
    }
    next();
  };
}

export function guardToken({ token }: Pick<GuardOptions, 'token'>): RequestHandler {
  const expected = digest(token);
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    const [, offered] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (offered === undefined) {
      throw requestFault('token_missing', 'No token was given.', 'Send "Authorization: Bearer" and DASHBOARD_TOKEN.');
    }
    // Digests have one length, so that comparing them tells nothing about the token's.
    if (!timingSafeEqual(digest(offered), expected)) {
      throw requestFault(
        'token_wrong',
        'The token is wrong.',
        'It is DASHBOARD_TOKEN, or in dashboard-token in DATA_DIR.',
      );
    }
    next();
  };
}

function hostNameOf(host: string | undefined): string | null {
  if (host === undefined || !/^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/i.test(host)) return null;
  return host.replace(/:\d{1,5}$/, '').toLowerCase();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
