// The Telegram channel against the Bot API double: real requests, real long polling.
import { inspect } from 'node:util';
import { TelegramChannel, type TelegramOptions } from '@levautofix/fixer/adapters/telegram/approval-channel';
import type { DecisionAnswer, DecisionInput } from '@levautofix/fixer/ports/approval-channel';
import { sampleQuestion } from '@levautofix/fixer/ports/sample-question.testkit';
import { ManualClock, systemClock } from '@levautofix/service-kit/clock';
import { createLogger } from '@levautofix/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BotApi } from './doubles/bot-api.js';

const allowed = 7;
const nonce = 'Ab3_-'.padEnd(22, 'x');
const question = sampleQuestion({ nonce, error: { type: 'TypeError', message: '<b>x</b> & y' } });

let api: BotApi;
let channels: TelegramChannel[];
let decisions: DecisionInput[];
let answer: DecisionAnswer;
let logged: string;

beforeEach(async () => {
  api = await BotApi.start();
  channels = [];
  decisions = [];
  answer = { isAccepted: true, message: 'Approved.' };
  logged = '';
});
afterEach(async () => {
  await Promise.all(channels.map((channel) => channel.stop()));
  await api.stop();
});

describe('a question on Telegram', () => {
  it('shows a card with two buttons and passes on the press of a listed person', async () => {
    const channel = await start();
    const reference = await channel.ask(question);
    const card = await api.waitForMessage('HIGH');
    expect(reference).toBe(`${api.chatId}:${card.message_id}`);
    expect(card.text).toContain('TypeError: <b>x</b> & y');
    expect(card.reply_markup?.inline_keyboard.flat().map(({ text }) => text)).toEqual(['✅ Approve Fix', '❌ Skip']);
    expect(await api.press(card.message_id, '✅ Approve Fix', allowed)).toEqual({ text: 'Approved.', isAlert: false });
    const shownAt = { channel: 'telegram', reference };
    expect(decisions).toEqual([{ nonce, answer: 'approve', by: 'telegram:7', shownAt }]);
  });

  it('shows what a refused press was refused for', async () => {
    const channel = await start();
    await channel.ask(question);
    answer = { isAccepted: false, message: 'This question has expired. Nothing was changed.' };
    const card = await api.waitForMessage('HIGH');
    expect(await api.press(card.message_id, '❌ Skip', allowed)).toEqual({ text: answer.message, isAlert: true });
  });

  it('is answered by a press that comes after a restart', async () => {
    const first = await start();
    await first.ask(question);
    await first.stop();
    await start();
    const card = await api.waitForMessage('HIGH');
    await api.press(card.message_id, '❌ Skip', allowed);
    expect(decisions).toMatchObject([{ nonce, answer: 'skip' }]);
  });

  it('is edited in place to say what became of it, without buttons, and twice the same is no fault', async () => {
    const channel = await start();
    const reference = await channel.ask(question);
    for (const _ of [1, 2]) await channel.conclude(reference, question, '✅ Pull request: https://host/pr/1');
    const card = await api.waitForMessage('HIGH');
    expect(card.text).toContain('✅ Pull request: https://host/pr/1');
    expect(card.reply_markup).toBeUndefined();
    expect(api.messages.size).toBe(1);
    await channel.conclude(`${api.chatId}:999`, question, 'deleted meanwhile');
  });

  it('has a long diff as a document under the card, and stands even when that fails', async () => {
    const channel = await start();
    const diff = '+é\n'.repeat(2_000);
    await channel.ask({ ...question, diff });
    expect([...api.files.values()]).toEqual([
      { name: `${'c'.repeat(12)}.diff`, bytes: Buffer.from(diff), caption: '' },
    ]);
    api.faults = [{ method: 'sendDocument', kind: 'error', status: 400, description: 'Bad Request: no' }];
    await expect(channel.ask({ ...question, diff })).resolves.toMatch(/:\d+$/);
  });

  it('takes words that answer the card as feedback, and answers them', async () => {
    const channel = await start();
    await channel.ask(question);
    const { message_id } = await api.waitForMessage('HIGH');
    answer = { isAccepted: true, message: 'Sent back.' };
    api.say('Use the default instead', allowed, { replyTo: message_id });
    await api.waitForMessage('Sent back.');
    expect(decisions).toMatchObject([{ nonce, answer: 'feedback', text: 'Use the default instead', by: 'telegram:7' }]);
  });
});

describe('who may answer', () => {
  it.each([
    ['a member of the group who is not listed', { id: 8, is_bot: false, first_name: 'B' }],
    ['another bot', { id: allowed, is_bot: true, first_name: 'Bot' }],
    ['an anonymous administrator', { id: 1_087_968_824, is_bot: true, first_name: 'Group' }],
  ])('%s may not', async (_, from) => {
    await (await start()).ask(question);
    const card = await api.waitForMessage('HIGH');
    expect(await api.press(card.message_id, '✅ Approve Fix', from)).toMatchObject({ isAlert: true });
    api.say('do it', from, { replyTo: card.message_id });
    await api.waitForMessage('may not approve');
    expect(decisions).toEqual([]);
  });

  it('nobody may with an empty list, which is said at the start', async () => {
    await (await start({ allowedUsers: [] })).ask(question);
    const card = await api.waitForMessage('HIGH');
    await api.press(card.message_id, '✅ Approve Fix', allowed);
    expect(decisions).toEqual([]);
    expect(logged).toContain('nobody can approve');
  });

  it('a listed person may not from another chat, nor by words that are not their own', async () => {
    await (await start()).ask(question);
    const card = await api.waitForMessage('HIGH');
    const elsewhere = { ...card, chat: { ...card.chat, id: 5 } };
    await api.pressData(elsewhere, `a:${nonce}`, allowed);
    const origin = { type: 'user', date: 1, sender_user: { id: 8, is_bot: false, first_name: 'B' } } as const;
    api.say('yes', allowed, { replyTo: card.message_id, forward_origin: origin });
    api.say('yes', allowed, { replyTo: card.message_id, sender_chat: card.chat });
    api.say('yes', allowed, { replyTo: card.message_id, chat: elsewhere.chat });
    await api.pressData(card, 'a:made-up', allowed);
    expect(decisions).toEqual([]);
  });

  it('1,000 made-up buttons decide nothing', async () => {
    await (await start()).ask(question);
    const card = await api.waitForMessage('HIGH');
    answer = { isAccepted: false, message: 'unknown' };
    const presses = Array.from({ length: 1_000 }, (_, index) =>
      api.pressData(card, `${'as?\u0000'[index % 4]}:${String(index).repeat(1 + (index % 9))}`, allowed),
    );
    expect((await Promise.all(presses)).filter(({ isAlert }) => !isAlert)).toEqual([]);
    expect(decisions.filter((decision) => decision.nonce === nonce)).toEqual([]);
  }, 60_000);
});

describe('the status message', () => {
  it('is sent when a listed person asks, and edited in place by its buttons', async () => {
    let count = 0;
    const panels = { read: (panel: string) => Promise.resolve([`<${panel}> & ${++count}`]) };
    await start({ panels });
    api.say('/status', 8);
    api.say('/status@levautofix_bot', allowed);
    const { message_id, text, reply_markup } = await api.waitForMessage('📋 Queue Status');
    expect(text).toContain('<queue> & 1');
    expect(reply_markup?.inline_keyboard.flat().map((button) => button.text)).toEqual([
      '📋 Queue Status',
      '🚨 Recent Errors',
      '📊 System Status',
      '🔄 Refresh',
    ]);
    await api.press(message_id, '🚨 Recent Errors', allowed);
    expect(api.messages.get(message_id)?.text).toContain('<errors> & 2');
    await api.press(message_id, '🔄 Refresh', allowed);
    expect(api.messages.get(message_id)?.text).toContain('<errors> & 3');
    expect(await api.press(message_id, '📊 System Status', 8)).toMatchObject({ isAlert: true });
    expect(api.messages.get(message_id)?.text).toContain('<errors> & 3');
    expect([...api.messages.values()].filter(({ from }) => from?.is_bot)).toHaveLength(1);
    expect(decisions).toEqual([]);
  });

  it('says nothing of a refresh that changes nothing', async () => {
    await start({ panels: { read: () => Promise.resolve(['same']) } });
    api.say('/start', allowed);
    const { message_id } = await api.waitForMessage('same');
    expect(await api.press(message_id, '🔄 Refresh', allowed)).toEqual({ text: '', isAlert: false });
  });
});

describe('/reopen', () => {
  it('takes a no back for a listed person, in their own words', async () => {
    const asked: string[] = [];
    await start({
      reopen: (reference, by) => {
        asked.push(`${reference} ${by}`);
        return Promise.resolve('Reopened: <shop>.');
      },
    });
    const origin = { type: 'user', date: 1, sender_user: { id: 8, is_bot: false, first_name: 'B' } } as const;
    api.say('/reopen 0123456789abcdef', allowed, { forward_origin: origin });
    api.say('/reopen', allowed);
    api.say('/reopen 0123456789abcdef', 8);
    await api.waitForMessage('may not approve');
    expect(asked).toEqual([]);
    api.say('/reopen@levautofix_bot 0123456789abcdef', allowed);
    await api.waitForMessage('Reopened: <shop>.');
    expect(asked).toEqual(['0123456789abcdef telegram:7']);
  });
});

describe('a service that misbehaves', () => {
  it('slows down when told to and comes through a dropped connection', async () => {
    const channel = await start();
    api.faults = [
      { method: 'sendMessage', kind: 'rate-limit', retryAfterS: 1 },
      { method: 'sendMessage', kind: 'drop' },
    ];
    const before = Date.now();
    await channel.ask(question);
    expect(Date.now() - before).toBeGreaterThanOrEqual(1_000);
    expect(api.messages.size).toBe(1);
  });

  it('says when to ask again when the wait is long', async () => {
    const channel = await start();
    api.faults = [{ method: 'sendMessage', kind: 'rate-limit', retryAfterS: 600 }];
    const fault = await channel.ask(question).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'telegram_rate_limited', isRetryable: true, retryAt: 600_000 + 1_000_000 });
  });

  it('goes on polling after faults, saying each once', async () => {
    const clock = new ManualClock();
    api.faults = [1, 2, 3].map(() => ({
      method: 'getUpdates',
      kind: 'error',
      status: 409,
      description: 'Conflict: x',
    }));
    await start({ clock });
    while (!api.isPolled) {
      await clock.advance(60_000);
    }
    expect(api.faults).toEqual([]);
    expect(logged.match(/telegram_conflict/g)).toHaveLength(1);
    expect(logged).toContain('Another program polls');
  });

  it('stops polling, and says what to do, when the token is refused', async () => {
    const channel = await start({ token: '999:wrong-token-0123456789' });
    expect(await channel.check()).toContain('TELEGRAM_BOT_TOKEN');
    await channel.stop();
    expect(logged).toContain('telegram_token_invalid');
  });

  it('says when the chat is unknown', async () => {
    const channel = await start({ chatId: 1 });
    expect(await channel.check()).toContain('TELEGRAM_CHAT_ID');
    await expect(channel.ask(question)).rejects.toMatchObject({ code: 'telegram_chat_unknown', isRetryable: false });
  });

  it('handles the next update after one whose handling failed', async () => {
    const channel = await start({
      findNonce: () => Promise.reject(new Error(`store away at http://x/bot${api.token}/getMe`)),
    });
    await channel.ask(question);
    const card = await api.waitForMessage('HIGH');
    api.say('words', allowed, { replyTo: card.message_id });
    expect(await api.press(card.message_id, '❌ Skip', allowed)).toMatchObject({ isAlert: false });
    expect(logged).toContain('a Telegram update failed');
    expect(logged).not.toContain(api.token);
  });

  it('never shows the token, whatever fails', async () => {
    const closed = await BotApi.start();
    const closedUrl = closed.url;
    await closed.stop();
    const shown: string[] = [];
    for (const options of [
      { apiRoot: closedUrl },
      { apiRoot: 'not an address' },
      { token: `${api.token}x` },
      { chatId: 1 },
    ]) {
      const channel = await start(options);
      const fault = await channel.ask(question).catch((error: unknown) => error);
      shown.push(inspect(fault, { depth: 9, showHidden: true }), JSON.stringify(fault), String(await channel.check()));
      await channel.stop();
    }
    expect(shown.join('\n') + logged).not.toContain(api.token.split(':')[1]);
    expect(shown).toHaveLength(12);
  }, 60_000);
});

async function start(patch: Partial<TelegramOptions> = {}): Promise<TelegramChannel> {
  const channel = new TelegramChannel({
    token: api.token,
    chatId: api.chatId,
    allowedUsers: [allowed],
    apiRoot: api.url,
    clock: { ...systemClock, now: () => 1_000_000 },
    log: createLogger({ name: 'test', level: 'debug', destination: { write: (line) => void (logged += line) } }),
    random: () => 0,
    findNonce: (reference) => Promise.resolve(reference.startsWith(`${api.chatId}:`) ? nonce : null),
    pollTimeoutS: 5,
    ...patch,
  });
  channels.push(channel);
  await channel.start((input) => {
    decisions.push(input);
    return Promise.resolve(answer);
  });
  return channel;
}
