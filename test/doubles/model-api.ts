// What the doubles of model APIs share: a loopback server that records JSON requests and gives each the next turn of a script.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type WholeTurn<Whole, Usage> = Whole & { fault?: never; usage?: Partial<Usage> };
type RefusedTurn<Refused> = Refused & { fault: number; headers?: Record<string, string> };

/** An answer in full, or a refusal by an HTTP status. */
export type Turn<Whole, Refused, Usage> =
  | WholeTurn<Whole, Usage>
  | RefusedTurn<Refused>
  /** The stream breaks off before the answer is complete. */
  | { fault: 'cut' }
  /** No answer at all until the client goes away. */
  | { fault: 'hang' };

interface StreamEvent {
  type: string;
  [field: string]: unknown;
}

/** How one provider's API talks. */
export interface Dialect<Body, Whole, Refused, Usage> {
  path: string;
  /** Of a turn that states none. */
  usage: Usage;
  answer: (turn: Whole, usage: Usage, request: Body, response: ServerResponse) => void;
  /** What comes of an answer before it is cut. */
  beginning: (request: Body) => StreamEvent[];
  errorBody: (turn: Refused) => object;
}

interface RecordedRequest<Body> {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Body;
}

export interface ModelApi<Body, Whole, Refused, Usage> {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Requests to the model alone, in order of arrival. */
  requests: RecordedRequest<Body>[];
  /** Adds turns to the script. */
  play(...turns: Turn<Whole, Refused, Usage>[]): void;
  /** Turns that no request has taken yet. */
  readonly remaining: number;
  /** What was charged for each whole answer, in order. */
  readonly served: readonly Usage[];
  close(): Promise<void>;
}

/** Serves `POST path` by the script and then by `whenUsedUp`; anything else is answered 404, a bare `GET` or `HEAD /` 200. */
export async function startModelApi<Body, Whole, Refused, Usage>(
  dialect: Dialect<Body, Whole, Refused, Usage>,
  script: readonly Turn<Whole, Refused, Usage>[],
  whenUsedUp: Turn<Whole, Refused, Usage>,
): Promise<ModelApi<Body, Whole, Refused, Usage>> {
  const turns = [...script];
  const requests: RecordedRequest<Body>[] = [];
  const served: Usage[] = [];

  const play = (turn: Turn<Whole, Refused, Usage>, body: Body, response: ServerResponse) => {
    if (turn.fault === 'hang') return;
    if (turn.fault === 'cut') {
      const send = openEventStream(response);
      for (const event of dialect.beginning(body)) send(event);
      setImmediate(() => response.destroy());
    } else if (isRefused(turn)) {
      sendJson(response, turn.fault, dialect.errorBody(turn), turn.headers);
    } else {
      const usage = { ...dialect.usage, ...turn.usage };
      served.push(usage);
      dialect.answer(turn, usage, body, response);
    }
  };

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { pathname } = new URL(incoming.url ?? '/', 'http://double');
      if (pathname === '/') return response.writeHead(200).end();
      if (incoming.method !== 'POST' || pathname !== dialect.path) return response.writeHead(404).end('{}');
      const request = {
        method: incoming.method,
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body,
      };
      requests.push(request);
      play(turns.shift() ?? whenUsedUp, request.body, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    served,
    play: (...more) => void turns.push(...more),
    get remaining() {
      return turns.length;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isRefused<Whole, Refused, Usage>(
  turn: WholeTurn<Whole, Usage> | RefusedTurn<Refused>,
): turn is RefusedTurn<Refused> {
  return turn.fault !== undefined;
}

export function openEventStream(response: ServerResponse): (event: StreamEvent) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  return (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
