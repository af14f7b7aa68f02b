// A git server on loopback: the real `git http-backend` over HTTP with basic authentication, serving bare repositories.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface GitServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Method, path and whether the credentials were right, in order of arrival. */
  readonly requests: { method: string; path: string; isAuthorized: boolean }[];
  /** `hang` accepts requests and never answers; `refuse` answers 403 to everything; `drop` cuts the connection. */
  fault: 'hang' | 'refuse' | 'drop' | null;
  /** Makes `<owner>/<name>.git` and answers its folder on disk. */
  createRepository(name: string): string;
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Folder for the bare repositories. */
  root: string;
  /** The password that is accepted, with any user name; null accepts everybody. */
  token: string | null;
}

export async function startGitServer({ root, token }: GitServerOptions): Promise<GitServer> {
  const requests: GitServer['requests'] = [];
  const server = createServer((request, response) => {
    const isAuthorized = token === null || readPassword(request) === token;
    requests.push({ method: request.method ?? '', path: request.url ?? '', isAuthorized });
    if (double.fault === 'hang') return;
    if (double.fault === 'drop') return void request.socket.destroy();
    if (double.fault === 'refuse') return void response.writeHead(403).end('Forbidden');
    if (!isAuthorized) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('Unauthorized');
      return;
    }
    serveBackend(root, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const double: GitServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: null,
    createRepository(name) {
      const folder = join(root, `${name}.git`);
      mkdirSync(folder, { recursive: true });
      execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder], { env: backendEnv() });
      execFileSync('git', ['-C', folder, 'config', 'http.receivepack', 'true'], { env: backendEnv() });
      return folder;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return double;
}

function backendEnv(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
}

function readPassword(request: IncomingMessage): string | null {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  return basic === undefined
    ? null
    : Buffer.from(basic, 'base64')
        .toString()
        .replace(/^[^:]*:/, '');
}

/** One CGI request: headers up to the first empty line, then the body. */
function serveBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...backendEnv(),
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'double',
      REMOTE_ADDR: '127.0.0.1',
      REQUEST_METHOD: request.method ?? '',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', readHead);
    const headers = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(/:\s*/, 2) as [string, string]);
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1];
    response.writeHead(
      Number.parseInt(status ?? '200', 10),
      Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== 'status')),
    );
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  };
  child.stdout.on('data', readHead);
  child.on('close', () => response.end());
}
