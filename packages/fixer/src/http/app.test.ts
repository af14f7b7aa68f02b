// The whole application over real sockets on loopback.
import { request as httpRequest } from 'node:http';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { sampleReport } from '@levautofix/contract/sample-report.testkit';
import { incidentViewSchema, jobViewSchema } from '@levautofix/contract/job-view';
import { ManualClock } from '@levautofix/service-kit/clock';
import { createHttpServer, type HttpServer } from '@levautofix/service-kit/http-server';
import { Fault } from '@levautofix/service-kit/fault';
import { createLogger } from '@levautofix/service-kit/logger';
import { signRelay } from '@levautofix/service-kit/relay-signature';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import { sampleFix } from '../follow/sample-fix.testkit.js';
import { newJob } from '../job/new-job.js';
import type { Store } from '../ports/store.js';
import type { NamedAnswer } from './api-routes.js';
import { createApp } from './app.js';
import { EventStream } from './event-stream.js';

const secret = 'relay-secret-0123456789';
const token = 'dashboard-token-0123456789';
const now = Date.parse('2026-01-01T00:00:00Z');
const report = sampleReport({
  count: 3,
  firstSeenAt: '2026-01-01T00:00:00Z',
  lastSeenAt: '2026-01-01T00:00:10Z',
});
const incident = {
  ...report,
  id: 'incident-1',
  state: 'open',
  firstSeenAt: now,
  lastSeenAt: now + 10_000,
  jobId: 'job-1',
  snoozedUntil: null,
  reason: null,
  sightings: [],
  fixes: [],
  version: 1,
} as const satisfies Incident;
const ignored: Incident = { ...incident, id: 'incident-2', state: 'skipped' };
const fixed: Incident = { ...incident, id: 'incident-3', fixes: [{ ...sampleFix, mergedAt: now }] };
const job: Job = { ...newJob({ id: 'job-1', incident, baseBranch: 'main', now }), state: 'awaiting_approval' };

let server: HttpServer;
let events: EventStream;
let ingested: IncidentReport[];
let answers: NamedAnswer[];
let logged: string;
let fail: Error | null;
const queries: unknown[] = [];
const clock = new ManualClock(now);

beforeEach(async () => {
  ingested = [];
  answers = [];
  logged = '';
  fail = null;
  events = new EventStream(clock);
  const app = createApp({
    store: fakeStore(),
    ingest: (reports) => {
      if (fail) return Promise.reject(fail);
      ingested.push(...reports);
      return Promise.resolve({ accepted: reports.length, duplicates: 0 });
    },
    decide: (answer) => {
      answers.push(answer);
      return Promise.resolve(
        answer.commit === 'right'
          ? { isAccepted: true, message: 'Approved.', job: { ...job, state: 'publishing' } }
          : { isAccepted: false, code: answer.jobId === 'job-1' ? 'stale' : 'unknown', message: 'No.' },
      );
    },
    events,
    metrics: () => Promise.resolve('levautofix_fixer_x 1\n'),
    relaySecret: `${secret} older-secret-0123456789`,
    dashboardToken: token,
    allowedHosts: ['fixer.lan'],
    now: () => now,
    log: createLogger({ name: 'test', level: 'debug', destination: { write: (line) => void (logged += line) } }),
  });
  server = createHttpServer(app, { host: '127.0.0.1', port: 0 });
  await server.start?.();
});
afterEach(async () => {
  events.close();
  await server.stop?.();
});

describe('POST /v1/reports', () => {
  const send = (body: string | Buffer, headers: object = signRelay('msg-1', body, secret, now)) =>
    call('/v1/reports', { method: 'POST', body, headers });
  const batch = (...reports: unknown[]) => JSON.stringify({ reports });

  it('takes over signed reports', async () => {
    expect(await send(batch(report))).toMatchObject({ status: 200, body: { accepted: 1, duplicates: 0 } });
    expect(ingested).toEqual([report]);
  });

  it('takes the older secret too while secrets are being changed', async () => {
    const body = batch(report);
    expect(await send(body, signRelay('m', body, 'older-secret-0123456789', now))).toMatchObject({ status: 200 });
  });

  it.each([
    ['no signature', () => ({})],
    ['another key', (body: string) => signRelay('m', body, 'wrong-secret-0123456789', now)],
    ['another body', () => signRelay('m', '{}', secret, now)],
    ['a swapped id', (body: string) => ({ ...signRelay('m', body, secret, now), 'webhook-id': 'n' })],
    ['a moved time', (body: string) => ({ ...signRelay('m', body, secret, now), 'webhook-timestamp': '1' })],
    ['an empty key', (body: string) => signRelay('m', body, '', now)],
  ])('refuses %s, without having parsed anything', async (_, sign) => {
    const body = '{"reports": not json';
    expect(await send(body, sign(body))).toMatchObject({ status: 401 });
    expect(ingested).toEqual([]);
  });

  it('says by how much the clocks differ', async () => {
    const body = batch(report);
    const answer = await send(body, signRelay('m', body, secret, now - 400_000));
    expect(answer).toMatchObject({
      status: 401,
      body: { error: { code: 'relay_clock_skew', message: expect.stringContaining('400 s behind') as string } },
    });
  });

  it('names the reports it cannot use and takes over the others', async () => {
    const answer = await send(batch({ ...report, id: 'bad', count: 0 }, report));
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1, rejected: [{ id: 'bad' }] } });
    expect(ingested).toEqual([report]);
  });

  it.each(['', 'nonsense', '[]', '{"reports":[]}', '{"reports":[{}]}', `${'['.repeat(100_000)}`])(
    'answers 400 to a signed body it cannot read (%#)',
    async (body) => {
      expect(await send(body)).toMatchObject({ status: 400 });
    },
  );

  it('refuses a body over the limit, and a packed one', async () => {
    const large = Buffer.alloc(10 * 1024 * 1024 + 1, 32);
    expect(await send(large)).toMatchObject({ status: 413, body: { error: { code: 'body_too_large' } } });
    const headers = { ...signRelay('m', 'x', secret, now), 'content-encoding': 'gzip' };
    expect(await send('x', headers)).toMatchObject({ status: 415 });
  });

  it('answers 503 or 500, never 2xx, when the reports could not be kept', async () => {
    fail = new Fault({ code: 'store_away', message: 'No database.', remedy: 'Start it.', isRetryable: true });
    expect(await send(batch(report))).toMatchObject({ status: 503, body: { error: { remedy: 'Start it.' } } });
    fail = new Error('secret detail');
    const answer = await send(batch(report));
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('secret detail');
    expect(logged).toContain('secret detail');
  });
});

describe('the API', () => {
  const authorization = { authorization: `Bearer ${token}` };
  const get = (path: string, headers: object = authorization) => call(path, { headers });

  it.each([
    '/api/incidents',
    '/api/incidents/incident-1',
    '/api/jobs',
    '/api/jobs/job-1',
    '/api/jobs/job-1/history',
    '/api/events',
  ])('%s asks for the token', async (path) => {
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: token },
      { authorization: 'Bearer ' },
    ]) {
      expect(await get(path, headers)).toMatchObject({ status: 401 });
    }
    expect(await get(`${path}?token=${token}`, {})).toMatchObject({ status: 401 });
  });

  it.each(['evil.example', 'evil.example:4700', '127.0.0.1.evil.example', 'localhost@evil.example'])(
    'refuses the host name %j even with the token',
    async (host) => {
      expect(await get('/api/jobs', { ...authorization, host })).toMatchObject({
        status: expect.toSatisfy((s) => s === 403 || s === 400) as number,
      });
    },
  );

  it('goes by loopback names and configured ones', async () => {
    for (const host of ['localhost:4700', '127.0.0.1', '[::1]:80', 'Fixer.LAN']) {
      expect(await get('/api/jobs', { ...authorization, host })).toMatchObject({ status: 200 });
    }
  });

  it('refuses pages of another origin and allows none by CORS', async () => {
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect(await get('/api/jobs', { ...authorization, origin })).toMatchObject({ status: 403 });
    }
    const answer = await get('/api/jobs', { ...authorization, origin: server.url });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  it('shows jobs and incidents as the contract says, in pages', async () => {
    const jobs = await get('/api/jobs?state=awaiting_approval&limit=2&after=cursor');
    expect(queries.at(-1)).toEqual({ state: 'awaiting_approval', limit: 2, after: 'cursor' });
    expect(jobs.body).toMatchObject({ items: [{ id: 'job-1', state: 'awaiting_approval' }], next: 'more' });
    expect(jobViewSchema.strict().safeParse((await get('/api/jobs/job-1')).body).error).toBeUndefined();
    const shown = (await get('/api/incidents/incident-1')).body;
    expect(incidentViewSchema.strict().safeParse(shown).error).toBeUndefined();
    expect(shown).toMatchObject({ firstSeenAt: '2026-01-01T00:00:00.000Z', jobId: 'job-1' });
    const history = await get('/api/jobs/job-1/history');
    expect(history.body).toMatchObject({ items: [{ event: 'started', at: '2026-01-01T00:00:00.000Z' }] });
  });

  it.each(['/api/jobs?limit=0', '/api/jobs?limit=x', '/api/jobs?state=nope', '/api/incidents?limit=9999'])(
    'answers 400 to %s',
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 400, body: { error: { code: 'query_invalid' } } });
    },
  );

  it.each(['/api/jobs/none', '/api/incidents/none', '/api/jobs/none/history', '/api/nope', '/nope'])(
    'answers 404 to %s',
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    },
  );

  it('records a decision that names the change, and refuses others with the reason', async () => {
    const decide = (body: object, path = 'job-1', headers: object = authorization) =>
      call(`/api/jobs/${path}/decision`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      });
    const body = { decision: 'approve', commit: 'right', diffHash: 'd' };
    expect(await decide(body)).toMatchObject({ status: 200, body: { state: 'publishing' } });
    expect(answers).toEqual([{ jobId: 'job-1', answer: 'approve', commit: 'right', diffHash: 'd', by: 'web' }]);
    expect(await decide({ ...body, commit: 'x' })).toMatchObject({
      status: 409,
      body: { error: { code: 'decision_stale' } },
    });
    expect(await decide({ ...body, commit: 'x' }, 'none')).toMatchObject({ status: 404 });
    answers = [];
    expect(await decide({ decision: 'approve' })).toMatchObject({ status: 400 });
    expect(await decide({ ...body, force: true })).toMatchObject({ status: 400 });
    expect(
      await decide(body, 'job-1', { 'content-type': 'application/x-www-form-urlencoded', ...authorization }),
    ).toMatchObject({ status: 400 });
    expect(await decide(body, 'job-1', { authorization: '' })).toMatchObject({ status: 401 });
    expect(answers).toEqual([]);
  });

  it('tells what became of published fixes, by class and rung', async () => {
    expect(await get('/api/outcomes')).toMatchObject({
      status: 200,
      body: { items: [{ errorType: 'TypeError', rung: 'claude-code', proposed: 1, merged_as_is: 1 }], next: null },
    });
    expect(await get('/api/outcomes', {})).toMatchObject({ status: 401 });
  });

  it('takes back that an error is ignored, and says why it cannot', async () => {
    const reopen = (id: string, headers: object = authorization) =>
      call(`/api/incidents/${id}/reopen`, { method: 'POST', headers });
    expect(await reopen('incident-2')).toMatchObject({ status: 200, body: { id: 'incident-2', state: 'open' } });
    expect(await reopen('incident-1')).toMatchObject({ status: 409, body: { error: { code: 'incident_busy' } } });
    expect(await reopen('v1:ffffffffffffffff')).toMatchObject({ status: 404 });
    expect(await reopen('incident-2', {})).toMatchObject({ status: 401 });
    const origin = 'http://evil.example';
    expect(await reopen('incident-2', { ...authorization, origin })).toMatchObject({ status: 403 });
  });

  it('answers 400 to JSON that is none', async () => {
    const headers = { ...authorization, 'content-type': 'application/json' };
    const answer = await call('/api/jobs/job-1/decision', { method: 'POST', body: '{', headers });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'body_not_json' } } });
  });

  it('streams events to open pages, with signs of life, and forgets pages that are closed', async () => {
    const stop = new AbortController();
    const response = await fetch(`${server.url}/api/events`, { headers: authorization, signal: stop.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    events.publish({ type: 'job', data: { id: 'job-1', note: 'two\nlines' } });
    await clock.advance(25_000);
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes(': still here')) break;
    }
    expect(text).toContain('id: 1\nevent: job\ndata: {"id":"job-1","note":"two\\nlines"}\n\n');
    stop.abort();
    while (events.listenerCount > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(clock.pendingTimers).toBe(0);
  });
});

it('tells health and figures without a token', async () => {
  expect(await call('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await call('/metrics')).toMatchObject({ status: 200, body: 'levautofix_fixer_x 1\n' });
  fail = new Fault({ code: 'store_away', message: 'No database.', remedy: 'Start it.', isRetryable: true });
  expect(await call('/healthz')).toMatchObject({ status: 503, body: { error: { message: 'No database.' } } });
});

function fakeStore(): Pick<Store, 'incidents' | 'jobs' | 'check'> {
  const published = Promise.resolve({ items: [{ incidentId: fixed.id }], next: null });
  const page = (item: unknown) => (query: unknown) => {
    queries.push(query);
    return Promise.resolve({ items: [item], next: 'more' });
  };
  const get = (item: { id: string }) => (id: string) => Promise.resolve(id === item.id ? item : null);
  const entry = { jobId: 'job-1', version: 1, at: now, event: 'started', from: 'queued', to: 'preparing', note: null };
  return {
    incidents: {
      list: ({ state }: { state?: string }) =>
        Promise.resolve({ items: [incident, ignored].filter((one) => one.state === state), next: null }),
      get: (id: string) => Promise.resolve([incident, ignored, fixed].find((one) => one.id === id) ?? null),
      update: (current: Incident, patch: Partial<Incident>) => Promise.resolve({ ...current, ...patch }),
    },
    jobs: {
      list: (query: { state?: string }) => (query.state === 'published' ? published : page(job)(query)),
      get: get(job),
      history: () => Promise.resolve([entry]),
    },
    check: () => (fail ? Promise.reject(fail) : Promise.resolve()),
  } as unknown as Pick<Store, 'incidents' | 'jobs' | 'check'>;
}

/** fetch does not let a caller choose the Host header. */
function call(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: string | Buffer } = {},
): Promise<{ status: number; body: unknown; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${server.url}${path}`,
      { method, headers: headers as Record<string, string> },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = String(response.headers['content-type']).includes('json');
          resolve({
            status: response.statusCode ?? 0,
            body: isJson ? JSON.parse(text) : text,
            headers: response.headers,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
