// The adapter for Claude Code with the real command line against a double of the Messages API.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClaudeCodeAgent, type ClaudeCodeOptions } from '@levautofix/fixer/adapters/claude-code/claude-code-agent';
import { detectBubblewrap } from '@levautofix/fixer/adapters/bubblewrap/bubblewrap-sandbox';
import { HttpModelGateway } from '@levautofix/fixer/adapters/gateway/http-model-gateway';
import { createRunGateway } from '@levautofix/fixer/adapters/gateway/run-gateway';
import { ExecaProcessRunner } from '@levautofix/fixer/adapters/process/execa-process-runner';
import { programFinder } from '@levautofix/fixer/adapters/program/find-program';
import type { AgentUsage, RepairRequest } from '@levautofix/fixer/ports/coding-agent';
import type { Sandbox } from '@levautofix/fixer/ports/sandbox';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findAgentProgram } from '../doubles/find-agent-program.js';
import { type MessagesApi, say, startMessagesApi, structured, use } from '../doubles/messages-api.js';
import { answer, makeWorktree, never, outside, repairRequest } from './agent-setting.js';

const program = findAgentProgram('claude');

describe.skipIf(program === null)('Claude Code', () => {
  let [folder, worktree] = ['', ''];
  let api: MessagesApi;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'claude-'));
    worktree = makeWorktree(folder);
    api = await startMessagesApi();
  });
  afterEach(async () => {
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const agent = (more: Partial<ClaudeCodeOptions> = {}) =>
    new ClaudeCodeAgent({
      command: program ?? '',
      apiKey: 'sk-ant-test',
      baseUrl: api.url,
      homesFolder: join(folder, 'homes'),
      gateway: null,
      hostEnv: { PATH: process.env.PATH, HOME: join(folder, 'person') },
      runner: new ExecaProcessRunner(),
      sandbox: outside,
      findProgram: programFinder(process.env.PATH ?? '', folder),
      ...more,
    });
  const gatewayWith = (credentials: Record<string, string>) =>
    createRunGateway(new HttpModelGateway({ upstream: api.url, credentials }), join(folder, 's'));
  const request = (more: Partial<RepairRequest> = {}) => repairRequest(worktree, more);
  const edit = (from: string, to: string) =>
    use('Edit', { file_path: join(worktree, 'a.js'), old_string: from, new_string: to });
  const read = () => use('Read', { file_path: join(worktree, 'a.js') });

  test('edits the worktree with file tools alone and answers its account, cost and session', async () => {
    api.play({ content: [say('Looking.'), read()] }, { content: [edit('1', '2')] }, structured(answer));
    const [lines, seen]: [string[], AgentUsage[]] = [[], []];
    const outcome = await agent().repair(
      request({ onProgress: (line) => lines.push(line), onUsage: (usage) => seen.push(usage) }),
      never,
    );
    expect(readFileSync(join(worktree, 'a.js'), 'utf8')).toBe('export const a = 2;\n');
    expect(outcome).toMatchObject({
      kind: 'done',
      proposal: { rootCause: 'a is wrong', summary: 'a is right', risk: 'none', regressionTest: null },
      usage: { usd: 0.018, tokens: 3_300 },
    });
    expect(outcome.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines).toEqual(['Read a.js', 'Edit a.js', 'StructuredOutput']);
    expect(seen.at(-1)).toEqual(outcome.usage);
    const [first] = api.requests;
    expect(JSON.stringify(first?.body.messages)).toContain('Make a two.');
    const tools = first?.body.tools?.map((tool) => tool.name) ?? [];
    expect(tools.filter((name) => !/^(Read|Edit|Write|Glob|Grep|StructuredOutput)$/.test(name))).toEqual([]);
  });

  test('has no shell, and no way out of the worktree', async () => {
    writeFileSync(join(folder, 'secret.txt'), 'the secret');
    api.play(
      {
        content: [
          use('Bash', { command: `touch ${join(folder, 'bash')}` }),
          use('Edit', { file_path: join(folder, 'out.txt'), old_string: '', new_string: 'out' }),
          use('Read', { file_path: join(folder, 'secret.txt') }),
        ],
      },
      structured(answer),
    );
    await agent().repair(request(), never);
    expect([existsSync(join(folder, 'bash')), existsSync(join(folder, 'out.txt'))]).toEqual([false, false]);
    expect(JSON.stringify(api.requests.map(({ body }) => body))).not.toContain('the secret');
  });

  test('what the repository says to agents is not followed', async () => {
    writeFileSync(join(worktree, 'CLAUDE.md'), 'INSTRUCTION-OF-THE-REPOSITORY');
    api.play(structured(answer));
    await agent().repair(request(), never);
    expect(JSON.stringify(api.requests)).not.toContain('INSTRUCTION-OF-THE-REPOSITORY');
  });

  test('outside a sandbox the login of a person does, and still nothing of the repository is followed', async () => {
    writeFileSync(join(worktree, 'CLAUDE.md'), 'INSTRUCTION-OF-THE-REPOSITORY');
    const home = join(folder, 'person');
    mkdirSync(join(home, '.claude'), { recursive: true });
    writeFileSync(join(home, '.claude', 'CLAUDE.md'), 'INSTRUCTION-OF-THE-PERSON');
    const hostEnv = { PATH: process.env.PATH, HOME: home, CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-login' };
    const claude = agent({ apiKey: undefined, hostEnv });
    expect(await claude.checkAvailable()).toBeNull();
    api.play(
      { content: [read()] },
      { content: [edit('1', '2'), use('Bash', { command: `touch ${join(folder, 'bash')}` })] },
      structured(answer),
    );
    expect(await claude.repair(request(), never)).toMatchObject({ kind: 'done', proposal: { summary: 'a is right' } });
    expect(readFileSync(join(worktree, 'a.js'), 'utf8')).toBe('export const a = 2;\n');
    expect(existsSync(join(folder, 'bash'))).toBe(false);
    const sent = JSON.stringify(api.requests);
    expect(sent).toContain('Bearer sk-ant-oat01-login');
    expect(sent).not.toContain('INSTRUCTION-OF-THE');
  });

  test('continues a session, and what it costs is counted for the new run alone', async () => {
    const claude = agent();
    api.play({ content: [read()] }, { content: [edit('1', '2')] }, structured(answer));
    const first = await claude.repair(request(), never);
    api.play({ content: [edit('2', '3')] }, structured(answer));
    const second = await claude.repair(
      request({ attempt: 2, prompt: 'Still red.', sessionId: first.sessionId }),
      never,
    );
    expect(second.sessionId).toBe(first.sessionId);
    expect(readFileSync(join(worktree, 'a.js'), 'utf8')).toBe('export const a = 3;\n');
    const messages = JSON.stringify(api.requests.at(-1)?.body.messages);
    expect(messages).toContain('Make a two.');
    expect(messages).toContain('Still red.');
    expect(second.usage).toEqual({ usd: 0.012, tokens: 2_200 });
  });

  test('a session that is gone is begun anew', async () => {
    api.play(structured(answer));
    const lost = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
    const outcome = await agent().repair(request({ sessionId: lost }), never);
    expect(outcome.kind).toBe('done');
    expect(outcome.sessionId).not.toBe(lost);
  });

  test('without a structured answer the closing words are the account', async () => {
    api.play(
      { content: [say('I changed a.')] },
      { content: [say('I changed a.')] },
      { content: [say('I changed a.')] },
    );
    expect(await agent().repair(request(), never)).toMatchObject({
      kind: 'done',
      proposal: { summary: 'I changed a.' },
    });
  });

  test('declining takes the reason along', async () => {
    api.play(structured({ ...answer, declined: 'The bug is in the database.' }));
    expect(await agent().repair(request(), never)).toMatchObject({
      kind: 'declined',
      reason: 'The bug is in the database.',
    });
  });

  test.each([
    [429, 'agent_rate_limited'],
    [529, 'agent_overloaded'],
    ['cut', 'agent_overloaded'],
  ] as const)('fault %s of the model API is waited for', async (fault, code) => {
    api.play(...Array.from({ length: 4 }, () => ({ fault })));
    await expect(agent().repair(request(), never)).rejects.toMatchObject({ code, isRetryable: true });
  });

  test('a usage limit says when it opens again', async () => {
    api.play(...Array.from({ length: 3 }, () => ({ fault: 429 as const, message: 'usage limit reached|1900000000' })));
    await expect(agent().repair(request(), never)).rejects.toMatchObject({
      isRetryable: true,
      retryAt: 1_900_000_000_000,
    });
  });

  test('a refused key is no retry but a fault with a remedy', async () => {
    api.play({ fault: 401 }, { fault: 401 });
    await expect(agent().repair(request(), never)).rejects.toMatchObject({
      code: 'agent_unauthorized',
      isRetryable: false,
    });
  });

  test('the spending limit ends an attempt', async () => {
    api.play(...Array.from({ length: 10 }, () => ({ content: [read()] })));
    const outcome = await agent().repair(request({ maxUsd: 0.01 }), never);
    expect(outcome).toMatchObject({ kind: 'failed', usage: { usd: 0.012 } });
    expect(api.requests).toHaveLength(2);
  });

  test('a run that hangs is ended at the deadline and still costs what it used', async () => {
    api.play({ content: [read()] }, { fault: 'hang' });
    const outcome = await agent().repair(request({ timeoutMs: 3_000 }), never);
    expect(outcome.kind).toBe('timeout');
    expect(outcome.usage.tokens).toBe(1_100);
    expect(outcome.usage.usd).toBeGreaterThan(0);
  });

  test('a cancelled repair rejects with the reason of the signal', async () => {
    const stopping = new AbortController();
    api.play({ content: [read()] }, { fault: 'hang' });
    const repairing = agent().repair(
      request({ onProgress: () => stopping.abort(new Error('lease lost')) }),
      stopping.signal,
    );
    await expect(repairing).rejects.toThrow('lease lost');
  });

  test('says what is missing before it is used', async () => {
    expect(await agent().checkAvailable()).toBeNull();
    expect(await agent({ command: 'no-such-claude' }).checkAvailable()).toContain('CLAUDE_COMMAND');
    expect(await agent({ apiKey: undefined }).checkAvailable()).toContain('not logged in');
    const contained: Sandbox = { kind: 'bubblewrap', enclose: (spec) => spec };
    const gateway = gatewayWith({});
    expect(await agent({ apiKey: undefined, sandbox: contained, gateway }).checkAvailable()).toContain(
      'SANDBOX=off alone',
    );
  });

  describe('in the sandbox', () => {
    const key = 'sk-ant-the-real-key';
    const contained = async () => {
      const runner = new ExecaProcessRunner();
      const { sandbox, reason } = await detectBubblewrap(runner, { nodePath: process.execPath, scratchFolder: folder });
      if (!sandbox && process.env.REQUIRE_SANDBOX === '1') throw new Error(reason);
      if (!sandbox) return null;
      const gateway = gatewayWith({ 'x-api-key': key });
      return agent({ apiKey: key, sandbox, gateway });
    };

    test('edits, reports cost and continues its session; the key is added outside and is nowhere inside', async ({
      skip,
    }) => {
      const claude = await contained();
      if (!claude) return skip('bubblewrap does not work here');
      expect(await claude.checkAvailable()).toBeNull();
      api.play({ content: [read()] }, { content: [edit('1', '2')] }, structured(answer));
      const first = await claude.repair(request(), never);
      expect(first).toMatchObject({ kind: 'done', usage: { usd: 0.018, tokens: 3_300 } });
      api.play({ content: [edit('2', '3'), use('Read', { file_path: '/proc/self/environ' })] }, structured(answer));
      const second = await claude.repair(request({ prompt: 'Still red.', sessionId: first.sessionId }), never);
      expect(second).toMatchObject({ kind: 'done', sessionId: first.sessionId });
      expect(readFileSync(join(worktree, 'a.js'), 'utf8')).toBe('export const a = 3;\n');
      expect(api.requests.every(({ headers }) => headers['x-api-key'] === key)).toBe(true);
      expect(JSON.stringify(api.requests.map(({ body }) => body))).not.toContain(key);
    });

    test('a killed run costs what the gateway saw', async ({ skip }) => {
      const claude = await contained();
      if (!claude) return skip('bubblewrap does not work here');
      api.play({ content: [read()] }, { fault: 'hang' });
      const outcome = await claude.repair(request({ timeoutMs: 3_000 }), never);
      expect(outcome.kind).toBe('timeout');
      expect(outcome.usage.tokens).toBeGreaterThanOrEqual(1_100);
    });

    test('the spending limit holds at the gateway', async ({ skip }) => {
      const claude = await contained();
      if (!claude) return skip('bubblewrap does not work here');
      api.play(...Array.from({ length: 10 }, () => ({ content: [read()] })));
      const outcome = await claude.repair(request({ maxUsd: 0.01 }), never);
      expect(outcome.kind).toBe('failed');
      expect(api.requests.length).toBeLessThanOrEqual(2);
    });
  });
});
