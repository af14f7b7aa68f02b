// The coding agents, one for each rung of the ladder.
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClaudeCodeAgent } from '../adapters/claude-code/claude-code-agent.js';
import { CodexAgent, openAi } from '../adapters/codex/codex-agent.js';
import { CommandAgent } from '../adapters/command/command-agent.js';
import { HttpModelGateway } from '../adapters/gateway/http-model-gateway.js';
import { createRunGateway } from '../adapters/gateway/run-gateway.js';
import { OllamaAgent } from '../adapters/ollama/ollama-agent.js';
import { OllamaClient } from '../adapters/ollama/ollama-client.js';
import { programFinder } from '../adapters/program/find-program.js';
import type { FixerConfig, FixerSecrets } from '../config/config.js';
import type { Rung } from '../domain/attempt.js';
import type { CodingAgent } from '../ports/coding-agent.js';
import type { ProcessRunner } from '../ports/process-runner.js';
import type { Sandbox } from '../ports/sandbox.js';
import type { HostProcess } from './host-process.js';

export function createAgents(
  config: FixerConfig,
  secrets: FixerSecrets,
  host: HostProcess,
  { runner, sandbox }: { runner: ProcessRunner; sandbox: Sandbox },
): ReadonlyMap<Rung, CodingAgent> {
  const path = host.env.PATH ?? '/usr/bin:/bin';
  const shared = { runner, sandbox, findProgram: programFinder(path, host.cwd) };
  const homesFolder = join(config.dataDir, 'work', 'homes');
  // The address of a unix socket is at most about a hundred bytes long, so it cannot lie below DATA_DIR.
  const socketsFolder = join(tmpdir(), `levautofix-${randomBytes(6).toString('hex')}`);
  const gatewayTo = (upstream: string, key: string | undefined, headersOf: (key: string) => Record<string, string>) => {
    if (sandbox.kind === 'none' || key === undefined) return null;
    return createRunGateway(new HttpModelGateway({ upstream, credentials: headersOf(key) }), socketsFolder);
  };
  const claude = new ClaudeCodeAgent({
    ...shared,
    command: config.claudeCommand,
    apiKey: secrets.anthropicApiKey,
    baseUrl: config.anthropicBaseUrl,
    model: config.claudeModel,
    homesFolder,
    gateway: gatewayTo(config.anthropicBaseUrl ?? 'https://api.anthropic.com', secrets.anthropicApiKey, (key) => ({
      'x-api-key': key,
    })),
    hostEnv: host.env,
  });
  const command = new CommandAgent({
    ...shared,
    command: config.repairCommand,
    folder: host.cwd,
    path,
    home: join(homesFolder, 'command'),
  });
  const codex = new CodexAgent({
    ...shared,
    command: config.codexCommand,
    apiKey: secrets.openaiApiKey,
    baseUrl: config.openaiBaseUrl,
    homesFolder,
    path,
    gateway: gatewayTo(config.openaiBaseUrl ?? openAi, secrets.openaiApiKey, (key) => ({
      authorization: `Bearer ${key}`,
    })),
  });
  const ollama = new OllamaAgent({ client: new OllamaClient(config.ollamaUrl), model: config.ollamaModel });
  return new Map<Rung, CodingAgent>([
    ['claude-code', claude],
    ['codex', codex],
    ['ollama', ollama],
    ['command', command],
  ]);
}
