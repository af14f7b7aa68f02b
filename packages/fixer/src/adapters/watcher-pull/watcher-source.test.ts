import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyRelay } from '@levautofix/service-kit/relay-signature';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWatcherSource } from './watcher-source.js';

const secret = 'a-relay-secret-for-tests';
const now = Date.parse('2026-03-01T12:00:00Z');
const { signal } = new AbortController();

let server: Server;
let url: string;
let asked: IncomingMessage[];
let answer: { status: number; body: unknown };

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: { reports: [], next: 'a.7' } };
  server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(answer.status, { 'content-type': 'application/json', location: '/elsewhere' });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const read = (cursor: string | null, address = url) =>
  createWatcherSource({ url: address, secret, now: () => now }).read(cursor, signal);

it('signs the path and the cursor it asks with', async () => {
  expect(await read('a.3')).toEqual({ reports: [], unusable: [], next: 'a.7' });
  expect(await read(null)).toEqual({ reports: [], unusable: [], next: 'a.7' });
  expect(asked.map((request) => request.url)).toEqual(['/v1/reports?after=a.3', '/v1/reports?after=']);
  for (const request of asked)
    expect(verifyRelay(request.headers, request.url!, secret, now)).toMatchObject({ isValid: true });
});

it('takes the good reports of a page and names the others', async () => {
  const good = {
    id: 'r1',
    service: 'shop',
    environment: 'production',
    release: null,
    host: 'prod',
    kind: 'error',
    fingerprint: 'v1:0123456789abcdef',
    severity: 'high',
    count: 1,
    firstSeenAt: '2026-03-01T12:00:00.000Z',
    lastSeenAt: '2026-03-01T12:00:00.000Z',
    error: { type: 'Error', message: 'boom', stack: [] },
    request: null,
    context: [],
  };
  answer.body = { reports: [{ ...good, id: 'r0', count: -1 }, good, 'nothing'], next: 'a.9' };
  const page = await read('a.7');
  expect(page.reports).toEqual([good]);
  expect(page.unusable.map(({ id }) => id)).toEqual(['r0', '(no id)']);
  expect(page.unusable[0]?.reason).toContain('count');
});

it.each([
  ['another secret', { status: 401, body: { error: 'signature' } }, 'pull_refused'],
  ['push mode', { status: 404, body: {} }, 'pull_unavailable'],
  ['a fault of its own', { status: 500, body: 'oops' }, 'watcher_failed'],
  ['a way elsewhere', { status: 302, body: {} }, 'watcher_failed'],
  ['the page of something else', { status: 200, body: { hello: 1 } }, 'watcher_answer_unknown'],
])('says what is wrong when the other side has %s, and that it may pass', async (_name, body, code) => {
  answer = body;
  await expect(read('a.1')).rejects.toMatchObject({ code, isRetryable: true });
  expect(asked).toHaveLength(1);
});

it('says that nobody is there, without the request or its signature', async () => {
  const error: unknown = await read(null, 'http://127.0.0.1:9').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'watcher_unreachable', isRetryable: true });
  expect(JSON.stringify(error) + String((error as Error).stack)).not.toMatch(/v1,|signature/);
});
