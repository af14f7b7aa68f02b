import express from 'express';
import { describe, expect, it } from 'vitest';
import { createHttpServer } from './http-server.js';

describe('the http server', () => {
  it('says which port is taken and what to do', async () => {
    const first = createHttpServer(express(), { host: '127.0.0.1', port: 0 });
    await first.start?.();
    const port = Number(new URL(first.url).port);
    await expect(createHttpServer(express(), { host: '127.0.0.1', port }).start?.()).rejects.toMatchObject({
      code: 'port_unavailable',
      message: `Cannot listen on 127.0.0.1:${port} (EADDRINUSE).`,
      remedy: 'Stop the other process or set PORT to a free one.',
    });
    await first.stop?.();
  });

  it('closes without waiting for clients that keep their connection', async () => {
    const app = express().get('/', (_request, response) => void response.send('hello'));
    const server = createHttpServer(app, { host: '127.0.0.1', port: 0 });
    await server.start?.();
    expect(await (await fetch(server.url, { headers: { connection: 'keep-alive' } })).text()).toBe('hello');
    await server.stop?.();
    await expect(fetch(server.url)).rejects.toThrow();
  });
});
