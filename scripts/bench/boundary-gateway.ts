// The gateway, the one way out of the sandbox: everything but model calls, and the key that it adds on the outside.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect, createServer as createSocketServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { HttpModelGateway } from '@levautofix/fixer/adapters/gateway/http-model-gateway';
import { openBox } from './boundary-box.js';
import type { Group, GroupOptions, Trial } from './boundary-trial.js';

const name = 'misuses the gateway';
const realKey = 'planted-real-key';
const ownKey = 'planted-own-key';

interface Attack {
  id: string;
  /** Bytes sent to the gateway's port inside; `x-attack: ID` marks what must not arrive. */
  raw: string;
  /** What must not arrive where the request itself may. */
  isCrossed?: (arrived: Arrived) => boolean;
}

interface Arrived {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const request = (id: string, line: string, body = '', headers: string[] = []): string =>
  [
    `${line} HTTP/1.1`,
    ...(headers.some((header) => /^host:/i.test(header)) ? [] : ['host: gateway']),
    'content-type: application/json',
    `x-attack: ${id}`,
    ...headers,
    ...(body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
    'connection: close',
    '',
    body,
  ].join('\r\n');
const call = (extra: object) =>
  JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }], ...extra });
const withBlock = (block: object) => call({ messages: [{ role: 'user', content: [block] }] });

const lines: [id: string, line: string, body?: string][] = [
  ['files-list', 'GET /v1/files'],
  ['files-upload', 'POST /v1/files', '{}'],
  ['batches', 'POST /v1/messages/batches', '{"requests":[]}'],
  ['organisation', 'GET /v1/organizations/me'],
  ['other-keys', 'GET /v1/organizations/api_keys'],
  ['fine-tuning', 'POST /v1/fine_tuning/jobs', '{}'],
  ['assistants', 'POST /v1/threads', '{}'],
  ['images', 'POST /v1/images/generations', '{}'],
  ['delete', 'DELETE /v1/models/m'],
  ['put', 'PUT /v1/messages', '{}'],
  ['dots', 'POST /v1/messages/../files', '{}'],
  ['encoded-dots', 'POST /v1/messages/%2e%2e/files', '{}'],
  ['encoded-slash', 'POST /v1/messages%2f..%2ffiles', '{}'],
  ['double-slash', 'POST //v1/files', '{}'],
  ['letter-case', 'POST /V1/Files', '{}'],
  ['elsewhere', 'GET http://169.254.169.254/latest/meta-data'],
  ['root', 'GET /'],
];
const bodies: [id: string, body: string][] = [
  ['web-search', call({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })],
  ['web-fetch', call({ tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] })],
  ['code-execution', call({ tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] })],
  ['servers', call({ mcp_servers: [{ type: 'url', url: 'https://x.invalid', name: 'x' }] })],
  ['image-by-address', withBlock({ type: 'image', source: { type: 'url', url: 'https://x.invalid/?q=secret' } })],
  ['document-by-address', withBlock({ type: 'document', source: { type: 'url', url: 'https://x.invalid/a.pdf' } })],
  [
    'address-in-a-result',
    withBlock({
      type: 'tool_result',
      tool_use_id: 't',
      content: [{ type: 'image', source: { type: 'url', url: 'https://x.invalid/' } }],
    }),
  ],
  ['image-of-openai', withBlock({ type: 'image_url', image_url: { url: 'https://x.invalid/' } })],
  ['file-of-openai', withBlock({ type: 'input_file', file_url: 'https://x.invalid/' })],
  ['background', call({ background: true })],
  ['search-options', call({ web_search_options: {} })],
  ['not-an-object', '[]'],
  ['no-json', 'model=m'],
  // Which of two equal names counts is up to whoever reads it.
  ['named-twice', call({}).replace(/}$/, ',"tools":[{"type":"web_search_20250305","name":"web_search"}],"tools":[]}')],
];

const seesTools = ({ body }: Arrived) => body.includes('web_search');
const attacks: Attack[] = [
  ...lines.map(([id, line, body]) => ({ id, raw: request(id, line, body) })),
  ...bodies.map(([id, body]) => ({
    id,
    raw: request(id, 'POST /v1/messages', body),
    ...(id === 'named-twice' ? { isCrossed: seesTools } : {}),
  })),
  {
    id: 'compressed',
    raw: request('compressed', 'POST /v1/messages', call({}), ['content-encoding: gzip']),
  },
  { id: 'tunnel', raw: 'CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: x\r\nx-attack: tunnel\r\n\r\n' },
  {
    id: 'upgrade',
    raw: 'GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-attack: upgrade\r\n\r\n',
  },
  {
    id: 'second-request',
    raw:
      request('first', 'POST /v1/messages', call({})).replace('connection: close', 'connection: keep-alive') +
      request('second-request', 'GET /v1/files'),
  },
  {
    id: 'two-lengths',
    raw: `POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${request('two-lengths', 'GET /v1/files')}`,
  },
  ...['x-api-key', 'authorization', 'cookie', 'proxy-authorization'].map((header) => ({
    id: `own-${header}`,
    raw: request(`own-${header}`, 'POST /v1/messages', call({}), [`${header}: ${ownKey}`]),
    isCrossed: ({ headers }: Arrived) => JSON.stringify(headers).includes(ownKey),
  })),
  {
    id: 'own-host',
    raw: request('own-host', 'POST /v1/messages', call({}), ['host: x.invalid']),
    isCrossed: ({ headers }: Arrived) => headers.host === 'x.invalid',
  },
];

/** Sends everything at once, then looks for the key wherever a program can look. */
const program = `
const net = require('node:net'), fs = require('node:fs');
const send = (raw) => new Promise((resolve) => {
  let said = '';
  const socket = net.connect(8787, '127.0.0.1', () => socket.write(raw));
  socket.setTimeout(4000, () => socket.destroy());
  socket.on('data', (bytes) => (said += bytes)).on('error', () => {}).on('close', () => resolve(said));
});
(async () => {
  const answers = await Promise.all(JSON.parse(fs.readFileSync(0, 'utf8')).map(send));
  const look = (path) => { try { return fs.readFileSync(path, 'latin1'); } catch { return ''; } };
  const seen = fs.readdirSync('/proc').filter((pid) => /^\\d+$/.test(pid)).flatMap((pid) => ['environ', 'cmdline'].map((name) => look('/proc/' + pid + '/' + name)));
  console.log(JSON.stringify({ answers, hasKey: [...answers, ...seen].join('').includes('${realKey}') }));
})();`;

export const gatewayGroup: Group = {
  name,
  control: 'plain forwarding to the API, key in the environment',
  async run({ isWanted = () => true }: GroupOptions): Promise<Trial[]> {
    const chosen = attacks.filter(({ id }) => isWanted(id));
    const guarded = await tryAll(chosen, true);
    const plain = await tryAll(chosen, false);
    const key = { id: 'reads-the-key' };
    return [...chosen, key].map(({ id }) => ({
      group: name,
      id,
      isTried: guarded.isAnswered,
      isCrossed: guarded.crossed.has(id),
      isCrossedWithout: plain.crossed.has(id),
      note: 'by HTTP from inside',
    }));
  },
};

async function tryAll(chosen: readonly Attack[], isGuarded: boolean) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'boundary-gateway-')));
  const arrived: Arrived[] = [];
  const upstream = await startUpstream(arrived);
  const { port } = upstream.address() as AddressInfo;
  const socketPath = join(folder, 'g.sock');
  const gateway = isGuarded
    ? await new HttpModelGateway({
        upstream: `http://127.0.0.1:${port}`,
        credentials: { 'x-api-key': realKey },
      }).open({ socketPath })
    : await openPipe(socketPath, port);
  try {
    const { runner, sandbox } = await openBox();
    await writeFile(join(folder, 'attack.cjs'), program);
    const spec = {
      command: process.execPath,
      args: [join(folder, 'attack.cjs')],
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', ANTHROPIC_API_KEY: isGuarded ? 'dummy' : realKey },
      input: JSON.stringify(chosen.map(({ raw }) => raw)),
      timeoutMs: 60_000,
    };
    const outcome = await runner.run(
      sandbox.enclose(spec, { workspace: folder, masked: [socketPath], network: { socketPath, port: 8787 } }),
    );
    const said = JSON.parse(outcome.stdout || '{"answers":[],"hasKey":false}') as {
      answers: string[];
      hasKey: boolean;
    };
    const crossed = new Set(
      chosen
        .filter(({ id, isCrossed = () => true }) =>
          arrived.some((one) => one.headers['x-attack'] === id && isCrossed(one)),
        )
        .map(({ id }) => id),
    );
    if (said.hasKey) crossed.add('reads-the-key');
    return { crossed, isAnswered: outcome.exitCode === 0 && said.answers.length === chosen.length };
  } finally {
    await gateway.close();
    upstream.closeAllConnections();
    upstream.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes in everything and answers as the model would. */
async function startUpstream(arrived: Arrived[]): Promise<Server> {
  const note = async (incoming: IncomingMessage, body: Promise<string> | string) => {
    const { method = '', url = '', headers } = incoming;
    arrived.push({ method, url, headers, body: await body });
  };
  const server = createServer({ insecureHTTPParser: true, requireHostHeader: false }, (incoming, answer) => {
    void note(incoming, text(incoming)).then(() => {
      answer.setHeader('content-type', 'application/json');
      answer.end('{"type":"message","content":[],"usage":{"input_tokens":1,"output_tokens":1}}');
    });
  });
  server.on('connect', (incoming, socket) => void note(incoming, '').then(() => socket.end()));
  server.on('upgrade', (incoming, socket) => void note(incoming, '').then(() => socket.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** A socket that leads to the API as it is. */
async function openPipe(socketPath: string, port: number): Promise<{ close(): Promise<void> }> {
  const server = createSocketServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    inner.on('error', () => outer.destroy());
    outer.on('error', () => inner.destroy());
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { close: async () => void server.close() };
}
