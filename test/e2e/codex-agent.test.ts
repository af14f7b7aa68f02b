// The adapter for Codex with the real command line against a double of the Responses API.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectBubblewrap } from '@levautofix/fixer/adapters/bubblewrap/bubblewrap-sandbox';
import { CodexAgent, type CodexOptions } from '@levautofix/fixer/adapters/codex/codex-agent';
import { HttpModelGateway } from '@levautofix/fixer/adapters/gateway/http-model-gateway';
import { createRunGateway } from '@levautofix/fixer/adapters/gateway/run-gateway';
import { ExecaProcessRunner } from '@levautofix/fixer/adapters/process/execa-process-runner';
import { programFinder } from '@levautofix/fixer/adapters/program/find-program';
import type { RepairRequest } from '@levautofix/fixer/ports/coding-agent';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findAgentProgram } from '../doubles/find-agent-program.js';
import {
  applyPatch,
  execute,
  message,
  type ResponsesApi,
  startResponsesApi,
  structured,
} from '../doubles/responses-api.js';
import { answer, makeWorktree, never, outside, repairRequest } from './agent-setting.js';

const program = findAgentProgram('codex');
const edit = (from: string, to: string) =>
  applyPatch(
    `*** Begin Patch\n*** Update File: a.js\n@@\n-export const a = ${from};\n+export const a = ${to};\n*** End Patch`,
  );

describe.skipIf(program === null)('Codex', () => {
  let [folder, worktree] = ['', ''];
  let api: ResponsesApi;
  beforeEach(async () => {
    // Codex's own sandbox does not start when its home lies in a temporary folder.
    const base = join(homedir(), '.cache', 'levautofix');
    mkdirSync(base, { recursive: true });
    folder = mkdtempSync(join(base, 'codex-'));
    worktree = makeWorktree(folder);
    api = await startResponsesApi();
  });
  afterEach(async () => {
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const agent = (more: Partial<CodexOptions> = {}) =>
    new CodexAgent({
      command: program ?? '',
      apiKey: 'sk-test',
      baseUrl: `${api.url}/v1`,
      model: 'double',
      prices: { input: 2, cachedInput: 1, output: 10 },
      homesFolder: join(folder, 'homes'),
      gateway: null,
      path: process.env.PATH ?? '',
      runner: new ExecaProcessRunner(),
      sandbox: outside,
      findProgram: programFinder(process.env.PATH ?? '', folder),
      ...more,
    });
  const request = (more: Partial<RepairRequest> = {}) => repairRequest(worktree, more);
  const content = () => readFileSync(join(worktree, 'a.js'), 'utf8');

  test('edits the worktree and answers its account, cost and thread', async () => {
    api.play({ output: [edit('1', '2')] }, structured(answer));
    const lines: string[] = [];
    const outcome = await agent().repair(request({ onProgress: (line) => lines.push(line) }), never);
    expect(content()).toBe('export const a = 2;\n');
    expect(outcome).toMatchObject({
      kind: 'done',
      proposal: { rootCause: 'a is wrong', summary: 'a is right' },
      usage: { usd: 0.006, tokens: 2_200 },
    });
    expect(lines.join()).toContain('a.js');
    expect(JSON.stringify(api.requests[0]?.body.input)).toContain('Make a two.');
    expect(api.requests[0]?.headers.authorization).toBe('Bearer sk-test');
  });

  test('continues a thread', async () => {
    const codex = agent();
    api.play({ output: [edit('1', '2')] }, structured(answer));
    const first = await codex.repair(request(), never);
    api.play({ output: [edit('2', '3')] }, structured(answer));
    const second = await codex.repair(request({ prompt: 'Still red.', sessionId: first.sessionId }), never);
    expect(second).toMatchObject({ kind: 'done', sessionId: first.sessionId });
    expect(content()).toBe('export const a = 3;\n');
    const input = JSON.stringify(api.requests.at(-1)?.body.input);
    expect(input).toContain('Make a two.');
    expect(input).toContain('Still red.');
  });

  test('a link that an agent leaves in its home is not written through', async () => {
    const codex = agent();
    api.play(structured(answer), structured(answer));
    await codex.repair(request(), never);
    const config = join(folder, 'homes', 'job-1', 'codex', 'config.toml');
    const precious = join(folder, 'precious');
    writeFileSync(precious, 'mine');
    rmSync(config);
    symlinkSync(precious, config);
    await codex.repair(request(), never);
    expect(readFileSync(precious, 'utf8')).toBe('mine');
  });

  test('a thread that is gone is begun anew', async () => {
    api.play(structured(answer));
    const outcome = await agent().repair(request({ sessionId: 'aaaaaaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa' }), never);
    expect(outcome.kind).toBe('done');
  });

  test('declining takes the reason along, plain words are the summary', async () => {
    api.play(structured({ ...answer, declined: 'Not ours.' }), { output: [message('I changed a.')] });
    expect(await agent().repair(request(), never)).toMatchObject({ kind: 'declined', reason: 'Not ours.' });
    expect(await agent().repair(request({ jobId: 'job-2' }), never)).toMatchObject({
      kind: 'done',
      proposal: { summary: 'I changed a.' },
    });
  });

  test.each([
    [429, 'agent_rate_limited', true],
    [503, 'agent_overloaded', true],
    ['cut', 'agent_overloaded', true],
    [401, 'agent_unauthorized', false],
  ] as const)('fault %s of the model API is %s', async (fault, code, isRetryable) => {
    api.play(...Array.from({ length: 8 }, () => ({ fault })));
    await expect(agent().repair(request(), never)).rejects.toMatchObject({ code, isRetryable });
  });

  test('a usage limit says when it opens again, and an empty account is no such thing', async () => {
    const opensAt = Math.ceil(Date.now() / 60_000) * 60_000 + 2 * 60 * 60_000;
    api.play({ fault: 429, code: 'usage_limit_reached', resetsAt: opensAt / 1_000 });
    await expect(agent().repair(request(), never)).rejects.toMatchObject({
      code: 'agent_rate_limited',
      isRetryable: true,
      retryAt: opensAt + 60_000,
    });
    api.play({ fault: 429, code: 'insufficient_quota' });
    await expect(agent().repair(request(), never)).rejects.toMatchObject({
      code: 'agent_no_credit',
      isRetryable: false,
    });
  });

  test('a run that hangs is ended at the deadline', async () => {
    api.play({ fault: 'hang' });
    expect(await agent().repair(request({ timeoutMs: 2_500 }), never)).toMatchObject({ kind: 'timeout' });
  });

  test('says what is missing before it is used', async () => {
    expect(await agent().checkAvailable()).toBeNull();
    expect(await agent({ command: 'no-such-codex' }).checkAvailable()).toContain('CODEX_COMMAND');
    expect(await agent({ apiKey: undefined }).checkAvailable()).toContain('OPENAI_API_KEY');
  });

  test('in the sandbox: edits, runs no further than the box, and never holds the key', async ({ skip }) => {
    const runner = new ExecaProcessRunner();
    const { sandbox, reason } = await detectBubblewrap(runner, { nodePath: process.execPath, scratchFolder: folder });
    if (!sandbox && process.env.REQUIRE_SANDBOX === '1') throw new Error(reason);
    if (!sandbox) return skip('bubblewrap does not work here');
    const toModel = new HttpModelGateway({
      upstream: `${api.url}/v1`,
      credentials: { authorization: 'Bearer sk-real' },
    });
    const gateway = createRunGateway(toModel, mkdtempSync(join(tmpdir(), 'cx-')));
    const codex = agent({ apiKey: 'sk-real', sandbox, gateway });
    api.play(
      {
        output: [
          execute(
            `env; cat /proc/*/environ | tr '\\0' '\\n'; touch ${join(folder, 'out')}; cat ${join(homedir(), '.bashrc')}`,
          ),
        ],
      },
      { output: [edit('1', '2')] },
      structured(answer),
    );
    const outcome = await codex.repair(request(), never);
    expect(outcome).toMatchObject({ kind: 'done', usage: { tokens: 3_300 } });
    expect(content()).toBe('export const a = 2;\n');
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(api.requests.every(({ headers }) => headers.authorization === 'Bearer sk-real')).toBe(true);
    expect(JSON.stringify(api.requests.map(({ body }) => body))).not.toContain('sk-real');
  });
});
