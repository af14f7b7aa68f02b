// The gateway between a unix socket and a model API on loopback: what passes, what is refused, what is counted.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelUsage, OpenGateway } from '../../ports/model-gateway.js';
import { HttpModelGateway } from './http-model-gateway.js';
import { refuseBody, refuseRequestLine } from './request-policy.js';

const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const socketPath = join(folder, 'g.sock');

const sse = (...events: object[]) => events.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join('');
const messageStart = {
  type: 'message_start',
  message: {
    model: 'claude-x',
    usage: { input_tokens: 100, cache_read_input_tokens: 7, cache_creation_input_tokens: 5, output_tokens: 1 },
  },
};
const delta = (text: string) => ({ type: 'content_block_delta', delta: { type: 'text_delta', text } });

interface Seen {
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}
let seen: Seen[] = [];
let usages: ModelUsage[] = [];
let reply: (answer: ServerResponse) => void;
let stopUpstream: () => Promise<void>;
let gateway: OpenGateway;
let refusal: string | null;

beforeEach(async () => {
  [seen, usages, refusal] = [[], [], null];
  reply = (answer) => answer.end('{}');
  const server = createServer((incoming, answer) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => {
      seen.push({ url: incoming.url ?? '', headers: incoming.headers, body });
      reply(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopUpstream = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  gateway = await new HttpModelGateway({
    upstream,
    credentials: { 'x-api-key': 'real-key' },
    maxRequestBytes: 10_000,
    maxResponseBytes: 1_000_000,
  }).open({ socketPath, onUsage: (usage) => usages.push(usage), refuse: () => refusal });
});
afterEach(async () => {
  await gateway.close();
  await stopUpstream();
});

interface Answer {
  status: number;
  text: string;
  isCut: boolean;
}
function call(
  path: string,
  body: unknown = { model: 'claude-x' },
  more: { method?: string; headers?: Record<string, string>; onData?: (outgoing: { destroy(): void }) => void } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        path,
        method: more.method ?? 'POST',
        headers: { 'content-type': 'application/json', ...more.headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          more.onData?.(outgoing);
        });
        response.on('error', () => undefined);
        response.on('close', () => resolve({ status: response.statusCode ?? 0, text, isCut: !response.complete }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(more.method === 'GET' ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

describe('HttpModelGateway', () => {
  it('passes on what it has looked at, where a name occurs twice', async () => {
    const answer = await call('/v1/messages', '{"model":"m","tools":[{"type":"web_search_1"}],"tools":[],"n":1.50}');
    expect(answer.status).toBe(200);
    expect(seen.map(({ body }) => body)).toEqual(['{"model":"m","tools":[],"n":1.5}']);
  });

  it('drops the credentials of the caller and adds the real ones', async () => {
    const answer = await call(
      '/v1/messages?beta=true',
      { model: 'm' },
      {
        headers: {
          'x-api-key': 'dummy',
          authorization: 'Bearer dummy',
          cookie: 'a=b',
          'anthropic-version': '2023-06-01',
        },
      },
    );
    expect(answer).toMatchObject({ status: 200, text: '{}' });
    expect(seen[0]?.url).toBe('/base/v1/messages?beta=true');
    expect(seen[0]?.headers).toMatchObject({
      'x-api-key': 'real-key',
      'anthropic-version': '2023-06-01',
      'accept-encoding': 'identity',
    });
    expect(JSON.stringify(seen[0]?.headers)).not.toMatch(/dummy|a=b/);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ model: 'm' });
  });

  it('streams the answer and counts it as it passes, even when an event is torn', async () => {
    const stream = sse(
      messageStart,
      delta('héllo'),
      { type: 'message_delta', usage: { output_tokens: 42 } },
      { type: 'message_stop' },
    );
    reply = (answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const byte of Buffer.from(stream)) answer.write(Buffer.from([byte]));
      answer.end();
    };
    expect((await call('/v1/messages')).text).toBe(stream);
    expect(usages.at(-1)).toEqual({
      ...{ request: 1, model: 'claude-x', inputTokens: 100, cacheReadTokens: 7, cacheWriteTokens: 5, outputTokens: 42 },
      ...{ isEstimated: false, isFinal: true },
    });
    expect(usages.filter(({ isFinal }) => isFinal)).toHaveLength(1);
  });

  it('counts a stream of the Responses API, cached tokens apart', async () => {
    reply = (answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      answer.end(
        sse(
          { type: 'response.created', response: { model: 'gpt-x', usage: null } },
          { type: 'response.output_text.delta', delta: 'hi' },
          {
            type: 'response.completed',
            response: {
              model: 'gpt-x',
              usage: { input_tokens: 90, input_tokens_details: { cached_tokens: 30 }, output_tokens: 9 },
            },
          },
        ),
      );
    };
    await call('/v1/responses', { model: 'gpt' });
    expect(usages.at(-1)).toMatchObject({
      model: 'gpt-x',
      inputTokens: 60,
      cacheReadTokens: 30,
      outputTokens: 9,
      isEstimated: false,
    });
  });

  it('counts an answer that is not streamed, and none for a refused request', async () => {
    reply = (answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ model: 'claude-x', usage: { input_tokens: 3, output_tokens: 4 } }));
    };
    await call('/v1/messages');
    expect(usages.at(-1)).toMatchObject({ inputTokens: 3, outputTokens: 4, isEstimated: false, isFinal: true });
    usages = [];
    reply = (answer) => answer.writeHead(429, { 'retry-after': '7' }).end('{}');
    expect((await call('/v1/messages')).status).toBe(429);
    expect(usages).toEqual([]);
  });

  it('reckons what a caller cost who is cut off in the middle', async () => {
    let upstreamClosed!: Promise<void>;
    reply = (answer) => {
      upstreamClosed = new Promise((resolve) => answer.on('close', resolve));
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write(sse(messageStart, delta('x'.repeat(400))));
    };
    await call('/v1/messages', { model: 'm' }, { onData: (outgoing) => outgoing.destroy() });
    await upstreamClosed;
    await expect
      .poll(() => usages.at(-1))
      .toMatchObject({ inputTokens: 100, outputTokens: 100, isEstimated: true, isFinal: true });
  });

  it('passes a cut answer on as cut', async () => {
    reply = (answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write(sse(messageStart), () => answer.destroy());
    };
    expect(await call('/v1/messages')).toMatchObject({ isCut: true });
    expect(usages.at(-1)).toMatchObject({ isEstimated: true, isFinal: true });
  });

  it('bounds requests and answers', async () => {
    expect(await call('/v1/messages', { pad: 'x'.repeat(20_000) })).toMatchObject({ status: 413 });
    expect(seen).toEqual([]);
    reply = (answer) => {
      answer.writeHead(200);
      answer.end('x'.repeat(5_000_000));
    };
    const answer = await call('/v1/messages');
    expect(answer.isCut).toBe(true);
    expect(answer.text.length).toBeLessThan(1_200_000);
  });

  it('asks before each request whether it may still spend', async () => {
    refusal = 'The budget of this attempt is spent.';
    const answer = await call('/v1/messages');
    expect(answer).toMatchObject({ status: 403 });
    expect(answer.text).toContain('budget of this attempt');
    expect(seen).toEqual([]);
  });

  it('says that the model API is away, without the key', async () => {
    await stopUpstream();
    const answer = await call('/v1/messages');
    expect(answer).toMatchObject({ status: 502 });
    expect(answer.text).not.toContain('real-key');
  });

  it('is open to its own user alone, and leaves no socket behind', async () => {
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    await gateway.close();
    expect(() => statSync(socketPath)).toThrow();
    gateway = await new HttpModelGateway({ upstream: 'http://127.0.0.1:9', credentials: {} }).open({ socketPath });
  });
});

describe('request policy', () => {
  it.each([
    ['POST', '/v1/messages'],
    ['POST', '/v1/messages/count_tokens'],
    ['POST', '/responses'],
    ['GET', '/v1/models/claude-x'],
    ['HEAD', '/'],
  ])('passes %s %s', (method, path) => expect(refuseRequestLine(method, path)).toBeNull());

  it.each([
    ['POST', '/v1/files'],
    ['POST', '/v1/messages/batches'],
    ['GET', '/v1/organizations/api_keys'],
    ['DELETE', '/v1/models/x'],
    ['POST', '/v1/models'],
    ['POST', '//evil.example/v1/messages'],
    ['GET', '/'],
  ])('refuses %s %s', (method, path) => expect(refuseRequestLine(method, path)).not.toBeNull());

  it.each<[string, object]>([
    ['web search at Anthropic', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['web fetch', { tools: [{ type: 'web_fetch_20250910' }] }],
    ['web search at OpenAI', { tools: [{ type: 'web_search' }] }],
    ['code run at the provider', { tools: [{ type: 'code_interpreter' }] }],
    ['remote tool servers', { tools: [{ type: 'mcp', server_url: 'https://e.example' }] }],
    ['connected servers', { mcp_servers: [{ url: 'https://e.example' }] }],
    ['background work', { background: true }],
    [
      'an image by address',
      { messages: [{ content: [{ type: 'image', source: { type: 'url', url: 'https://e.example/?s=1' } }] }] },
    ],
    [
      'an OpenAI image by address',
      { input: [{ content: [{ type: 'input_image', image_url: 'https://e.example/?s=1' }] }] },
    ],
    [
      'a chat image by address',
      { messages: [{ content: [{ type: 'image_url', image_url: { url: 'http://e.example' } }] }] },
    ],
    ['a file by address', { input: [{ content: [{ type: 'input_file', file_url: 'https://e.example' }] }] }],
  ])('refuses %s', (_, body) => expect(refuseBody(body)).not.toBeNull());

  it('passes what agents ordinarily send', () => {
    expect(
      refuseBody({
        model: 'm',
        stream: true,
        tools: [
          { name: 'Edit', input_schema: { type: 'object', properties: { type: { const: 'url' } } } },
          { type: 'function', name: 'exec_command' },
        ],
        messages: [
          { role: 'user', content: 'see https://example.com' },
          { role: 'assistant', content: [{ type: 'tool_use', input: { type: 'url', url: 'https://example.com' } }] },
          { role: 'user', content: [{ type: 'image', source: { type: 'base64', data: 'AA' } }] },
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }] },
        ],
      }),
    ).toBeNull();
    expect(refuseBody('text')).not.toBeNull();
  });
});
