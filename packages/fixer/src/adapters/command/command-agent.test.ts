// Behaviour of the command rung with real programs, outside a sandbox.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RepairRequest } from '../../ports/coding-agent.js';
import type { Enclosure, Sandbox } from '../../ports/sandbox.js';
import { ExecaProcessRunner } from '../process/execa-process-runner.js';
import { programFinder } from '../program/find-program.js';
import { CommandAgent } from './command-agent.js';

let [worktree, folder] = ['', ''];
let enclosures: Enclosure[] = [];
beforeEach(() => {
  worktree = mkdtempSync(join(tmpdir(), 'worktree-'));
  folder = mkdtempSync(join(tmpdir(), 'agents-'));
  enclosures = [];
});
afterEach(() => [worktree, folder].forEach((path) => rmSync(path, { recursive: true, force: true })));

const sandbox: Sandbox = {
  kind: 'none',
  enclose(spec, enclosure) {
    enclosures.push(enclosure);
    return spec;
  },
};

function agentFor(command: string | undefined): CommandAgent {
  const path = process.env.PATH ?? '';
  const runner = new ExecaProcessRunner();
  return new CommandAgent({
    command,
    folder,
    path,
    home: '/nowhere',
    runner,
    sandbox,
    findProgram: programFinder(path, folder),
  });
}

function repair(script: string, more: Partial<RepairRequest> = {}, signal = new AbortController().signal) {
  writeFileSync(join(folder, 'agent.mjs'), script);
  const request: RepairRequest = {
    jobId: 'j',
    attempt: 2,
    prompt: 'fix\nthis',
    worktreePath: worktree,
    sessionId: null,
    timeoutMs: 10_000,
    maxUsd: null,
  };
  return agentFor('node agent.mjs "two words"').repair({ ...request, ...more }, signal);
}

const readAll = `let prompt = ''; for await (const chunk of process.stdin) prompt += chunk;`;

test('the program gets prompt, attempt and words, works in the worktree and sees nothing of our environment', async () => {
  process.env.REPAIR_SECRET = 'visible';
  const outcome = await repair(`${readAll}
    const { writeFileSync } = await import('node:fs');
    writeFileSync('seen.json', JSON.stringify({ prompt, args: process.argv.slice(2), env: process.env }));
    console.log('working');
    console.log(JSON.stringify({ rootCause: 'a', summary: 'b', risk: 'c', regressionTest: 'test/a.js', usage: { usd: 0.5, tokens: 10 } }));`);
  delete process.env.REPAIR_SECRET;
  expect(outcome).toEqual({
    kind: 'done',
    proposal: { rootCause: 'a', summary: 'b', risk: 'c', regressionTest: 'test/a.js' },
    sessionId: null,
    usage: { usd: 0.5, tokens: 10 },
  });
  const seen = JSON.parse(readFileSync(join(worktree, 'seen.json'), 'utf8')) as {
    prompt: string;
    args: string[];
    env: object;
  };
  expect(seen.prompt).toBe('fix\nthis');
  expect(seen.args).toEqual(['two words']);
  expect(Object.keys(seen.env).sort()).toEqual(['HOME', 'LANG', 'LEVAUTOFIX_ATTEMPT', 'PATH']);
});

test('a sandbox shows it the program and its script, hides .git and has no network', async () => {
  await repair(readAll);
  expect(enclosures).toEqual([
    expect.objectContaining({
      workspace: worktree,
      masked: [join(worktree, '.git')],
      network: 'none',
      readable: expect.arrayContaining([join(folder, 'agent.mjs')]) as string[],
    }),
  ]);
});

test('words without a structured answer become the summary', async () => {
  expect(await repair(`console.log('I made \\u001b[31mit\\u001b[0m right.')`)).toMatchObject({
    kind: 'done',
    proposal: { summary: 'I made it right.', rootCause: '' },
    usage: { usd: null },
  });
});

test('declining takes the reason along', async () => {
  expect(await repair(`console.log('{"declined":"not ours"}')`)).toMatchObject({
    kind: 'declined',
    reason: 'not ours',
  });
});

test('a failing program is a failed attempt with its last words', async () => {
  const outcome = await repair(`console.error('no model'); process.exit(3)`);
  expect(outcome).toMatchObject({ kind: 'failed', reason: 'The repair command exited with code 3: no model' });
});

test('a silent program is ended at the deadline', async () => {
  expect(await repair('setInterval(() => {}, 1000)', { timeoutMs: 300 })).toMatchObject({ kind: 'timeout' });
});

test('a cancelled repair rejects with the reason of the signal', async () => {
  const stopping = new AbortController();
  stopping.abort(new Error('lease lost'));
  await expect(repair('', {}, stopping.signal)).rejects.toThrow('lease lost');
});

test('an unset or missing command says what to do', async () => {
  expect(await agentFor(undefined).checkAvailable()).toBe('REPAIR_COMMAND is not set.');
  expect(await agentFor('no-such-agent --fix').checkAvailable()).toContain('no program "no-such-agent"');
  expect(await agentFor('node agent.mjs').checkAvailable()).toBeNull();
});
