// The loopback server under the model API doubles: records JSON requests and lets a script decide each answer.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest<Body> {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Body;
}

export interface ModelApiServer<Body> {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Requests to the model alone, in order of arrival. */
  requests: RecordedRequest<Body>[];
  close(): Promise<void>;
}

/** Serves `POST path`; anything else is answered 404, a bare `GET` or `HEAD /` 200. */
export async function startModelApi<Body>(
  path: string,
  answer: (request: RecordedRequest<Body>, response: ServerResponse) => void,
): Promise<ModelApiServer<Body>> {
  const requests: RecordedRequest<Body>[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { pathname } = new URL(incoming.url ?? '/', 'http://double');
      if (pathname === '/') return response.writeHead(200).end();
      if (incoming.method !== 'POST' || pathname !== path) return response.writeHead(404).end('{}');
      const request = {
        method: incoming.method,
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body,
      };
      requests.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function openEventStream(response: ServerResponse): (event: { type: string; [field: string]: unknown }) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  return (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
