// What a run of an agent may spend through its gateway, with a model API on loopback that answers each request with 100 tokens.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentUsage } from '../../ports/coding-agent.js';
import type { MeteredRun } from '../../ports/model-gateway.js';
import { HttpModelGateway } from './http-model-gateway.js';
import { createRunGateway } from './run-gateway.js';

let folder: string;
let api: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'run-'));
  api = createServer((incoming, answer) => {
    incoming.resume().on('end', () => answer.end('{"usage":{"input_tokens":60,"output_tokens":40}}'));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  api.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A run at a cent a token. */
function startRun(): MeteredRun {
  const requests = new Map<number, number>();
  return {
    readRequest: ({ request, inputTokens, outputTokens }) => requests.set(request, inputTokens + outputTokens),
    get usage() {
      const tokens = [...requests.values()].reduce((sum, count) => sum + count, 0);
      return { usd: tokens / 100, tokens };
    },
  };
}

async function open(maxUsd: number | null, onUsage?: (usage: AgentUsage) => void, name = 's') {
  const { port } = api.address() as AddressInfo;
  const gateway = new HttpModelGateway({ upstream: `http://127.0.0.1:${port}`, credentials: {} });
  return createRunGateway(gateway, join(folder, name)).open(startRun(), onUsage ? { maxUsd, onUsage } : { maxUsd });
}

function ask(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: '/v1/messages', method: 'POST' }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    outgoing.on('error', reject).end('{"model":"m"}');
  });
}

it('tells at once what each request came to, and refuses the next one at the limit', async () => {
  const told: AgentUsage[] = [];
  const gateway = await open(2, (usage) => told.push(usage));
  const answers = [await ask(gateway.socketPath), await ask(gateway.socketPath), await ask(gateway.socketPath)];
  await gateway.close();
  expect(answers).toEqual([200, 200, 403]);
  expect(told.at(-1)).toEqual({ usd: 2, tokens: 200 });
});

it('passes on what a run without a limit asks', async () => {
  const gateway = await open(null);
  expect([await ask(gateway.socketPath), await ask(gateway.socketPath)]).toEqual([200, 200]);
  await gateway.close();
});

it('gives runs at the same time a socket each, and leaves none behind', async () => {
  const gateways = [await open(null), await open(null)];
  expect(new Set(gateways.map(({ socketPath }) => socketPath)).size).toBe(2);
  await Promise.all(gateways.map((gateway) => gateway.close()));
  expect(readdirSync(join(folder, 's'))).toEqual([]);
});

it('says what to do where the path of the folder is too long for a socket', async () => {
  await expect(open(null, undefined, 'x'.repeat(100))).rejects.toMatchObject({
    code: 'socket_path_too_long',
    remedy: expect.stringContaining('TMPDIR') as string,
  });
});
