// What is counted of a run, from the lines that Claude Code prints.
import { expect, test } from 'vitest';
import { ClaudeRun } from './claude-run.js';

const usage = (input_tokens: number, output_tokens: number) => ({
  input_tokens,
  output_tokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
});
const line = (event: object) => JSON.stringify(event);
const assistant = (id: string, model: string, content: object[] = []) =>
  line({ type: 'assistant', message: { id, model, content, usage: usage(1_000, 1) } });
const start = (id: string, model: string) =>
  line({
    type: 'stream_event',
    event: { type: 'message_start', message: { id, model, content: [], usage: usage(1_000, 1) } },
  });
const end = (output_tokens: number) =>
  line({ type: 'stream_event', event: { type: 'message_delta', usage: { output_tokens } } });

test('a message counts once however many events it comes in, with the tokens that its end states', () => {
  const run = new ClaudeRun(new Map());
  for (const event of [
    start('m1', 'claude-sonnet-4-5'),
    assistant('m1', 'claude-sonnet-4-5'),
    assistant('m1', 'claude-sonnet-4-5'),
    end(200),
  ])
    run.read(event);
  expect(run.usage).toEqual({ usd: 0.006, tokens: 1_200 });
});

test('an unknown model counts at the worst price until its result says what it costs', () => {
  const prices = new Map<string, number>();
  const run = new ClaudeRun(prices);
  run.read(assistant('m1', 'new-model'));
  expect(run.usage.usd).toBeCloseTo(0.015075);
  const used = {
    inputTokens: 2_000,
    outputTokens: 2,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    costUSD: 0.00402,
  };
  run.read(
    line({
      type: 'result',
      subtype: 'success',
      is_error: false,
      total_cost_usd: 0.00402,
      modelUsage: { 'new-model': used },
    }),
  );
  // The session has cost twice this run: only the price is taken from its total.
  expect(run.usage.usd).toBeCloseTo(0.00201);
  const next = new ClaudeRun(prices);
  next.read(assistant('m2', 'new-model'));
  expect(next.usage.usd).toBeCloseTo(0.00201);
});

test('what the gateway saw counts when it is more, such as of an answer that was cut off', () => {
  const run = new ClaudeRun(new Map());
  run.read(assistant('m1', 'claude-haiku-4-5'));
  run.readRequest({
    request: 1,
    model: 'claude-haiku-4-5',
    inputTokens: 1_000,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 500,
    isEstimated: true,
    isFinal: false,
  });
  expect(run.usage).toEqual({ usd: 0.0035, tokens: 1_500 });
});

test.each([
  '',
  'plain words',
  '{"type":"system","subtype":"ui_invalidate"}',
  '{"type":"tomorrow"}',
  '{"type":"assistant"}',
  '{cut',
  '[1]',
  'null',
])('the line %j is passed over', (text) => {
  const run = new ClaudeRun(new Map());
  expect(run.read(text)).toEqual([]);
  expect(run).toMatchObject({ result: null, usage: { usd: 0, tokens: 0 } });
});
