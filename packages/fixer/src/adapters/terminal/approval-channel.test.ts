import { PassThrough } from 'node:stream';
import { ManualClock } from '@levautofix/service-kit/clock';
import { describe, expect, it } from 'vitest';
import type { DecisionInput } from '../../ports/approval-channel.js';
import { sampleQuestion } from '../../ports/sample-question.testkit.js';
import { isTerminal, TerminalChannel } from './approval-channel.js';

const clock = new ManualClock();
const question = sampleQuestion({
  nonce: 'first',
  error: { type: 'TypeError', message: 'bad \u001b]52;c;ZXZpbA==\u0007 \u001b[2J' },
  sandbox: 'none',
  diff: Array.from({ length: 60 }, (_, index) => `+line ${index}`).join('\n'),
  expiresAt: clock.now() + 60_000,
});

describe('a question in the terminal', () => {
  it('shows the facts and never a raw escape', async () => {
    const terminal = await open();
    await terminal.channel.ask(question);
    await terminal.seen('Approve? [y/N/s]');
    for (const part of ['HIGH · shop', 'TypeError: bad', 'src/cart.js +2 -1', 'NO SANDBOX', '… 20 more lines']) {
      expect(terminal.text()).toContain(part);
    }
    // eslint-disable-next-line no-control-regex -- the point of the test
    expect(terminal.text()).not.toMatch(/[\u001b\u0007]/);
    await terminal.channel.stop();
  });

  it.each([
    ['y', { answer: 'approve' }],
    ['yes', { answer: 'approve' }],
    ['', { answer: 'skip' }],
    ['N', { answer: 'skip' }],
    ['use the default instead', { answer: 'feedback', text: 'use the default instead' }],
  ])('takes %j', async (line, expected) => {
    const terminal = await open();
    await terminal.channel.ask(question);
    await terminal.type(line);
    await terminal.seen('Recorded.');
    expect(terminal.decisions).toEqual([{ ...expected, nonce: 'first', by: 'terminal' }]);
    await terminal.channel.stop();
  });

  it('shows the whole diff and asks again, and decides nothing on a slip of the keyboard', async () => {
    const terminal = await open();
    await terminal.channel.ask(question);
    await terminal.type('s');
    await terminal.seen('+line 59');
    await terminal.type('x');
    await terminal.seen('goes back to the agent', 2);
    expect(terminal.decisions).toEqual([]);
    await terminal.channel.stop();
  });

  it('ends at the expiry of the question and goes on with the next one', async () => {
    const terminal = await open();
    await terminal.channel.ask(question);
    await terminal.channel.ask({
      ...question,
      nonce: 'second',
      service: 'cart',
      expiresAt: question.expiresAt + 60_000,
    });
    await terminal.seen('shop');
    expect(terminal.text()).not.toContain('HIGH · cart');
    await clock.advance(60_000);
    await terminal.seen('HIGH · cart');
    expect(terminal.text()).toContain('expired');
    await terminal.type('y');
    await terminal.seen('Recorded.');
    expect(terminal.decisions).toMatchObject([{ nonce: 'second' }]);
    await terminal.channel.stop();
  });

  it('is withdrawn when it was answered elsewhere', async () => {
    const terminal = await open();
    const reference = await terminal.channel.ask({ ...question, expiresAt: clock.now() + 60_000 });
    await terminal.seen('Approve?');
    await terminal.channel.conclude(reference, question, 'Skipped by telegram:7.');
    await terminal.seen('shop: Skipped by telegram:7.');
    await terminal.channel.stop();
    expect(terminal.decisions).toEqual([]);
  });
});

it('is offered only where both ends are a terminal', () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const tty = { isTTY: true };
  expect(isTerminal({ input: Object.assign(input, tty), output: Object.assign(output, tty) })).toBe(true);
  expect(isTerminal({ input, output: new PassThrough() })).toBe(false);
});

async function open() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const decisions: DecisionInput[] = [];
  let text = '';
  output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const channel = new TerminalChannel({ input, output, clock });
  await channel.start((decision) => {
    decisions.push(decision);
    return Promise.resolve({ isAccepted: true, message: 'Recorded.' });
  });
  const seen = async (part: string, times = 1) => {
    while (text.split(part).length <= times) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const type = async (line: string) => {
    await seen('Approve?');
    input.write(`${line}\n`);
  };
  return { channel, decisions, text: () => text, seen, type };
}
