import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import type { Fault } from '@levautofix/service-kit/fault';
import { verifyRelay } from '@levautofix/service-kit/relay-signature';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpSink } from './http-sink.js';

const secret = 'a-relay-secret-for-tests';
const reports = [{ id: 'r1' }, { id: 'r2' }] as IncidentReport[];

async function startFixer(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const send = (fixerUrl: string, now = 1_000_000) =>
  createHttpSink({ fixerUrl, secret, now: () => now, timeoutMs: 500 }).send(reports, new AbortController().signal);

const faultOf = async (fixerUrl: string) => (await send(fixerUrl).catch((fault: unknown) => fault)) as Fault;

describe('http sink', () => {
  it('signs each attempt with its own time and the same id', async () => {
    const seen: { id: unknown; time: unknown }[] = [];
    const url = await startFixer((request, body, response) => {
      const now = Number(request.headers['webhook-timestamp']) * 1000;
      expect(verifyRelay(request.headers, body, secret, now).isValid).toBe(true);
      seen.push({ id: request.headers['webhook-id'], time: request.headers['webhook-timestamp'] });
      response.setHeader('content-type', 'application/json').end('{"accepted":2,"duplicates":0}');
    });
    expect(await send(url, 1_000_000)).toEqual({ accepted: 2, duplicates: 0 });
    await send(url, 9_000_000);
    expect(seen[0]!.id).toBe(seen[1]!.id);
    expect(seen.map(({ time }) => time)).toEqual(['1000', '9000']);
  });

  it.each([
    [400, false, 'report_refused'],
    [413, false, 'report_refused'],
    [401, true, 'signature_refused'],
    [404, true, 'fixer_failed'],
    [500, true, 'fixer_failed'],
    [503, true, 'fixer_failed'],
    [302, true, 'fixer_failed'],
  ])('takes a %i for what it is (retry: %s)', async (status, isRetryable, code) => {
    const url = await startFixer((_request, _body, response) => {
      response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' }).end('{"error":"no"}');
    });
    expect(await faultOf(url)).toMatchObject({ isRetryable, code });
  });

  it('waits as long as it is told to', async () => {
    const url = await startFixer(
      (_request, _body, response) => void response.writeHead(429, { 'retry-after': '30' }).end(),
    );
    expect(await faultOf(url)).toMatchObject({ isRetryable: true, retryAt: 1_030_000 });
  });

  it('keeps the reports when something else answers, or nobody', async () => {
    const url = await startFixer((_request, _body, response) => void response.end('<html>hello</html>'));
    expect(await faultOf(url)).toMatchObject({ isRetryable: true, code: 'fixer_answer_unknown' });
    expect(await faultOf('http://127.0.0.1:1')).toMatchObject({ isRetryable: true, code: 'fixer_unreachable' });
    const silent = await startFixer(() => undefined);
    expect(await faultOf(silent)).toMatchObject({ isRetryable: true, code: 'fixer_unreachable' });
  });

  it('lets neither secret nor signature nor reports into its errors', async () => {
    const other = await startFixer((_request, _body, response) => void response.end('<html>hello</html>'));
    for (const url of ['http://127.0.0.1:1', other]) {
      const fault = await faultOf(url.replace('http://', 'http://bob:pass-in-url@'));
      const everything = `${inspect(fault, { depth: 10, showHidden: true })}${JSON.stringify(fault)}`;
      expect(everything).not.toMatch(new RegExp(`${secret}|v1,|webhook|pass-in-url|"r1"`));
    }
  });
});
