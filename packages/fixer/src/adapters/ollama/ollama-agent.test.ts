// Behaviour of the local-model rung against a server that speaks Ollama's chat interface.
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OllamaAgent } from './ollama-agent.js';
import { OllamaClient } from './ollama-client.js';

interface Asked {
  model: string;
  stream: boolean;
  think: boolean;
  messages: { content: string }[];
  options: { temperature: number; num_ctx: number };
}

let [worktree, url] = ['', ''];
let server: Server;
let asked: Asked[] = [];
let reply: { status?: number; content?: string; reason?: string } | 'hang' = {};
beforeEach(async () => {
  worktree = mkdtempSync(join(tmpdir(), 'worktree-'));
  asked = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/api/tags') return response.end(JSON.stringify({ models: [{ name: 'coder:latest' }] }));
      asked.push(JSON.parse(body) as Asked);
      if (reply === 'hang') return;
      const { status = 200, content = '', reason = 'stop' } = reply;
      response.statusCode = status;
      response.end(
        JSON.stringify(
          status === 200
            ? {
                message: { role: 'assistant', content },
                done: true,
                done_reason: reason,
                prompt_eval_count: 70,
                eval_count: 30,
              }
            : { error: "model 'coder' not found" },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(worktree, { recursive: true, force: true });
});

function repair(
  content: string | Exclude<typeof reply, string>,
  signal = new AbortController().signal,
  timeoutMs = 5_000,
) {
  reply = content === 'hang' ? content : typeof content === 'string' ? { content } : content;
  const request = {
    jobId: 'j',
    attempt: 1,
    prompt: 'Fix it.',
    worktreePath: worktree,
    sessionId: null,
    timeoutMs,
    maxUsd: null,
  };
  return new OllamaAgent({ client: new OllamaClient(url), model: 'coder' }).repair(request, signal);
}

const file = (path: string, content = 'export const total = (items) => items?.length ?? 0;') =>
  `FILE: ${path}\n\`\`\`js\n${content}\n\`\`\`\n`;
const answer = JSON.stringify({
  rootCause: 'no items',
  summary: 'a guard',
  risk: 'none',
  regressionTest: null,
  declined: null,
});

test('asks without streaming and thinking, with room for the prompt, and writes whole files', async () => {
  writeFileSync(join(worktree, 'a.js'), 'old\n');
  const outcome = await repair(
    `<think>hm\nFILE: x</think>\n${file('a.js')}\n**FILE: \`src/b.js\`**\n\n~~~\nexport {};\n~~~\n${answer}`,
  );
  expect(outcome).toEqual({
    kind: 'done',
    proposal: { rootCause: 'no items', summary: 'a guard', risk: 'none', regressionTest: null },
    sessionId: null,
    usage: { usd: 0, tokens: 100 },
  });
  expect(readFileSync(join(worktree, 'a.js'), 'utf8')).toBe('export const total = (items) => items?.length ?? 0;\n');
  expect(readFileSync(join(worktree, 'src/b.js'), 'utf8')).toBe('export {};\n');
  expect(asked).toEqual([expect.objectContaining({ model: 'coder', stream: false, think: false })]);
  expect(asked[0]?.options).toMatchObject({ temperature: 0.1 });
  expect(asked[0]?.options.num_ctx).toBeGreaterThan(8_192);
  expect(asked[0]?.messages[0]?.content).toMatch(/^Fix it\.[^]*complete new/);
});

test.each([
  ['almost nothing', 'ok', 'almost nothing'],
  ['no file', 'I would add a guard to the function total in the file a.js, like this.', 'without a file'],
  [
    'a file without its end',
    'FILE: a.js\n```js\nexport const total = 1; // and then it stops somewhere',
    'without a file',
  ],
  ['parts left out', file('a.js', 'export const a = 1;\n// ... rest of the code\n'), 'left parts of a.js out'],
  ['a path that leads out', file('../out.js'), 'outside the repository'],
  ['an absolute path', file('/tmp/levautofix-out.js'), 'outside the repository'],
  ['a path into .git', file('.git/hooks/pre-commit'), 'outside the repository'],
  ['one bad file among good ones', file('good.js') + file('../out.js'), 'outside the repository'],
])('%s is a failed attempt and writes nothing', async (_name, content, reason) => {
  expect(await repair(content)).toMatchObject({ kind: 'failed', reason: expect.stringContaining(reason) as string });
  expect(existsSync(join(worktree, 'good.js'))).toBe(false);
  expect(existsSync(join(worktree, '..', 'out.js'))).toBe(false);
});

test('a link in the repository is not written through', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  symlinkSync(outside, join(worktree, 'src'));
  expect(await repair(file('src/a.js'))).toMatchObject({
    kind: 'failed',
    reason: 'src/a.js is no plain file in the repository.',
  });
  expect(existsSync(join(outside, 'a.js'))).toBe(false);
  rmSync(outside, { recursive: true });
});

test('an answer that ran out of room is refused', async () => {
  expect(await repair({ content: file('a.js'), reason: 'length' })).toMatchObject({ kind: 'failed' });
});

test('declining takes the reason along', async () => {
  expect(await repair('{"declined":"not ours"}')).toMatchObject({ kind: 'declined', reason: 'not ours' });
});

test('a model that does not answer in time is a timeout', async () => {
  expect(await repair('hang', undefined, 100)).toMatchObject({ kind: 'timeout' });
});

test('a cancelled repair rejects with the reason of the signal', async () => {
  const stopping = new AbortController();
  const repairing = repair('hang', stopping.signal);
  stopping.abort(new Error('lease lost'));
  await expect(repairing).rejects.toThrow('lease lost');
});

test('a server that is away or busy is waited for, a missing model is not', async () => {
  await expect(repair({ status: 500 })).rejects.toMatchObject({ isRetryable: true });
  await expect(repair({ status: 404 })).rejects.toMatchObject({ isRetryable: false, code: 'agent_model_missing' });
});

test('says what is missing before it is used', async () => {
  const check = (model: string | undefined, at = url) =>
    new OllamaAgent({ client: new OllamaClient(at), model }).checkAvailable();
  expect(await check('coder')).toBeNull();
  expect(await check('other')).toContain('ollama pull other');
  expect(await check(undefined)).toBe('OLLAMA_MODEL is not set.');
  expect(await check('coder', 'http://127.0.0.1:9')).toContain('OLLAMA_URL');
});
