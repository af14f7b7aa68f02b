// A gateway on a unix socket outside the sandbox: takes requests from inside, adds the key, and forwards to one upstream alone.
import { chmod, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Fault } from '@levautofix/service-kit/fault';
import type { ModelUsage, OpenGateway } from '../../ports/model-gateway.js';
import { refuseBody, refuseRequestLine } from './request-policy.js';
import { UsageReader } from './usage-reader.js';

/** The limit of a socket's address is 108 bytes on Linux and 104 on macOS. */
const maxSocketPathBytes = 100;
const notForwarded = new Set([
  ...['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie'],
  ...['host', 'connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
  ...['content-length', 'content-encoding', 'accept-encoding', 'forwarded', 'x-forwarded-for', 'x-forwarded-host'],
]);
const notReturned = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer', 'set-cookie']);

export interface HttpModelGatewayOptions {
  /** Base address, such as https://api.anthropic.com; the only place that requests go to. */
  upstream: string;
  /** Headers that carry the real key, such as `{ 'x-api-key': … }`. */
  credentials: Record<string, string>;
  maxRequestBytes?: number;
  maxResponseBytes?: number;
  /** Longest silence of the upstream. */
  idleTimeoutMs?: number;
}

export interface OpenOptions {
  socketPath: string;
  onUsage?: (usage: ModelUsage) => void;
  /** Asked before each request: null lets it pass, words refuse it (a spent budget, say). */
  refuse?: () => string | null;
}

export class HttpModelGateway {
  readonly #upstream: URL;
  readonly #options: Required<HttpModelGatewayOptions>;

  constructor(options: HttpModelGatewayOptions) {
    this.#upstream = new URL(options.upstream);
    const bounds = { maxRequestBytes: 32 * 1024 ** 2, maxResponseBytes: 64 * 1024 ** 2, idleTimeoutMs: 600_000 };
    this.#options = { ...bounds, ...options };
  }

  async open({ socketPath, onUsage, refuse }: OpenOptions): Promise<OpenGateway> {
    if (Buffer.byteLength(socketPath) > maxSocketPathBytes) {
      throw new Fault({
        code: 'socket_path_too_long',
        message: `The path of the gateway's socket has more than ${maxSocketPathBytes} bytes: ${socketPath}`,
        remedy: 'Set TMPDIR to a folder with a shorter path.',
      });
    }
    await rm(socketPath, { force: true });
    let requests = 0;
    const server = createServer({ requestTimeout: 120_000, headersTimeout: 10_000 }, (incoming, answer) => {
      const number = ++requests;
      const report = (usage: Omit<ModelUsage, 'request'>) => onUsage?.({ request: number, ...usage });
      incoming.on('error', () => incoming.destroy());
      answer.on('error', () => answer.destroy());
      this.#pass(incoming, answer, report, refuse).catch(() =>
        sayNo(answer, 502, 'The gateway could not pass the request on.'),
      );
    });
    server.maxConnections = 32;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
    // Whoever can open the socket spends the key behind it.
    await chmod(socketPath, 0o600);
    return {
      socketPath,
      close: async () => {
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        await rm(socketPath, { force: true });
      },
    };
  }

  async #pass(
    incoming: IncomingMessage,
    answer: ServerResponse,
    report: (usage: Omit<ModelUsage, 'request'>) => void,
    refuse?: () => string | null,
  ): Promise<void> {
    const { pathname, search } = new URL(incoming.url ?? '/', 'http://gateway');
    const method = incoming.method ?? 'GET';
    const wrongLine = refuseRequestLine(method, pathname);
    if (wrongLine !== null) return sayNo(answer, 403, wrongLine);
    const spent = refuse?.() ?? null;
    if (spent !== null) return sayNo(answer, 403, spent);
    if (incoming.headers['content-encoding'] !== undefined)
      return sayNo(answer, 415, 'The gateway reads plain JSON only.');
    const received = await readBody(incoming, this.#options.maxRequestBytes);
    if (received === null) return sayNo(answer, 413, 'The request is larger than the gateway allows.');
    const parsed = method === 'POST' ? parseJson(received) : {};
    const wrongBody = refuseBody(parsed);
    if (wrongBody !== null) return sayNo(answer, 403, wrongBody);
    // Written anew: of a name that occurs twice another reader might take the one that was not looked at.
    const body = method === 'POST' ? Buffer.from(JSON.stringify(parsed)) : received;

    const isCounted = method === 'POST' && !pathname.endsWith('/count_tokens');
    const { model } = parsed as { model?: unknown };
    const name = typeof model === 'string' ? model : null;
    const send = this.#upstream.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(this.#upstream, {
      method,
      path: this.#upstream.pathname.replace(/\/$/, '') + pathname + search,
      headers: { ...this.#forwardedHeaders(incoming), ...(method === 'POST' ? { 'content-length': body.length } : {}) },
      timeout: this.#options.idleTimeoutMs,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('silent upstream')));
    let isAnswered = false;
    // A caller that has gone away, killed at its deadline say, costs no further tokens.
    answer.on('close', () => {
      outgoing.destroy();
      if (isAnswered || !isCounted || !outgoing.writableFinished) return;
      const reader = new UsageReader({
        isStream: true,
        requestLength: body.length,
        model: name,
        onChange: () => undefined,
      });
      report({ ...reader.usage(), model: name, isFinal: true });
    });
    outgoing.on('error', () => {
      isAnswered = true;
      sayNo(answer, 502, 'The model API could not be reached.');
    });
    outgoing.on('response', (response) => {
      isAnswered = true;
      const isStream = /^text\/event-stream/i.test(response.headers['content-type'] ?? '');
      const reader = new UsageReader({
        isStream,
        requestLength: body.length,
        model: name,
        onChange: () => report({ ...reader.usage(), model: reader.model, isFinal: false }),
      });
      const isPaid = isCounted && response.statusCode !== undefined && response.statusCode < 300;
      let seenBytes = 0;
      let isReported = !isPaid;
      const finish = () => {
        if (isReported) return;
        isReported = true;
        reader.end();
        report({ ...reader.usage(), model: reader.model, isFinal: true });
      };
      response.on('data', (chunk: Buffer) => {
        seenBytes += chunk.length;
        if (isPaid) reader.push(chunk);
        if (seenBytes > this.#options.maxResponseBytes) response.destroy();
        else if (!answer.write(chunk)) response.pause();
      });
      answer.on('drain', () => response.resume());
      response.on('end', () => {
        finish();
        answer.end();
      });
      response.on('error', () => answer.destroy());
      response.on('close', () => {
        finish();
        if (!response.complete) answer.destroy();
      });
      answer.writeHead(response.statusCode ?? 502, returnedHeaders(response));
    });
    outgoing.end(body);
  }

  #forwardedHeaders(incoming: IncomingMessage): Record<string, string | string[]> {
    const named = (incoming.headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
    const kept = Object.entries(incoming.headers).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined && !notForwarded.has(entry[0]) && !named.includes(entry[0]),
    );
    // Compressed answers could not be counted as they pass.
    return { ...Object.fromEntries(kept), 'accept-encoding': 'identity', ...this.#options.credentials };
  }
}

function returnedHeaders(response: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(response.headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !notReturned.has(entry[0]),
    ),
  );
}

/** Null when it is too large. */
async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** In the shape that both providers' clients understand, so that an agent can show the words. */
function sayNo(answer: ServerResponse, status: number, message: string): void {
  if (answer.headersSent) return void answer.destroy();
  const type = status === 403 ? 'permission_error' : 'api_error';
  answer.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  answer.end(JSON.stringify({ type: 'error', error: { type, message } }));
}
