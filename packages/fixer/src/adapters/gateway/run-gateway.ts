// A gateway for each run of an agent, on a socket of its own: counts what the run spends and passes nothing on beyond its limit.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelGateway } from '../../ports/model-gateway.js';
import type { HttpModelGateway } from './http-model-gateway.js';

/** The folder's path has to be short: the address of a unix socket is. */
export function createRunGateway(gateway: HttpModelGateway, socketsFolder: string): ModelGateway {
  return {
    async open(run, { maxUsd, onUsage }) {
      await mkdir(socketsFolder, { recursive: true, mode: 0o700 });
      return gateway.open({
        socketPath: join(socketsFolder, `${randomBytes(6).toString('hex')}.sock`),
        onUsage: (seen) => {
          run.readRequest(seen);
          onUsage?.(run.usage);
        },
        // A limit that an agent keeps by itself is checked after each answer, and not every agent has one.
        refuse: () =>
          maxUsd !== null && (run.usage.usd ?? 0) >= maxUsd ? 'The gateway has passed the spending limit on.' : null,
      });
    },
  };
}
