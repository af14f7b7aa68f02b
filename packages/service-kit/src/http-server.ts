// Listens for a service's Express application and closes it without waiting for idle connections.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { Fault } from './fault.js';
import type { Part } from './lifecycle.js';

export interface HttpServer extends Part {
  /** The address in use, known after start; a port of 0 lets the system choose. */
  readonly url: string;
}

export function createHttpServer(app: Express, { host, port }: { host: string; port: number }): HttpServer {
  let server: Server | undefined;
  return {
    name: 'http server',
    get url() {
      const address = server?.address() as AddressInfo | null | undefined;
      return `http://${host.includes(':') ? `[${host}]` : host}:${address?.port ?? port}`;
    },
    start: () =>
      new Promise((resolve, reject) => {
        server = app.listen(port, host, (error?: Error) =>
          error ? reject(listenFault(error, host, port)) : resolve(),
        );
        // Slow or idle clients may not hold a connection for long.
        server.requestTimeout = 30_000;
        server.headersTimeout = 10_000;
      }),
    stop: () =>
      new Promise((resolve) => {
        if (!server?.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listenFault(error: Error, host: string, port: number): Fault {
  const { code } = error as NodeJS.ErrnoException;
  return new Fault({
    code: 'port_unavailable',
    message: `Cannot listen on ${host}:${port} (${code ?? error.message}).`,
    remedy:
      code === 'EADDRINUSE'
        ? 'Stop the other process or set PORT to a free one.'
        : 'Set HOST and PORT to an address of this machine.',
    cause: error,
  });
}
