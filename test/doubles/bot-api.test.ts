import { Bot, InputFile } from 'node-telegram-bot-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBotHtml } from './bot-api-html.js';
import { BotApi } from './bot-api.js';

let api: BotApi;
let bot: Bot;

beforeEach(async () => {
  api = await BotApi.start();
  bot = new Bot(api.token, { apiRoot: api.url, maxRetries: 0 });
});
afterEach(() => api.stop());

const button = (text: string, data: string) => ({
  reply_markup: { inline_keyboard: [[{ text, callback_data: data }]] },
});
const send = (text: string, more: object = {}) => bot.api.sendMessage({ chat_id: api.chatId, text, ...more });

describe('the Bot API double', () => {
  it('keeps an update until a higher offset confirms it, and waits when there is none', async () => {
    api.say('one', 7);
    api.say('two', 7);
    const first = await bot.api.getUpdates({ timeout: 1 });
    expect(first.map((update) => ('message' in update ? update.message.text : ''))).toEqual(['one', 'two']);
    expect(await bot.api.getUpdates({ timeout: 1 })).toHaveLength(2);
    const waiting = bot.api.getUpdates({ offset: first[1]!.update_id + 1, timeout: 5 });
    await api.waitFor(() => api.isPolled || undefined);
    expect(api.unconfirmedUpdates).toBe(0);
    api.say('three', 7);
    expect(await waiting).toHaveLength(1);
  });

  it('lets only one poller wait', async () => {
    const first = bot.api.getUpdates({ timeout: 5 }).catch((error: unknown) => error);
    await api.waitFor(() => api.isPolled || undefined);
    await bot.api.getUpdates({ timeout: 0 });
    expect(await first).toMatchObject({ errorCode: 409 });
  });

  it('edits in place and refuses an edit that changes nothing', async () => {
    const { message_id } = await send('a', button('Go', 'go'));
    const edit = () => bot.api.editMessageText({ chat_id: api.chatId, message_id, text: 'b' });
    await edit();
    expect(api.messages.get(message_id)).toMatchObject({ text: 'b' });
    expect(api.messages.get(message_id)?.reply_markup).toBeUndefined();
    await expect(edit()).rejects.toThrow('message is not modified');
    await expect(bot.api.editMessageText({ chat_id: api.chatId, message_id: 99, text: 'c' })).rejects.toThrow(
      'not found',
    );
  });

  it('takes one answer for each press', async () => {
    const { message_id } = await send('a', button('Go', 'go'));
    const answer = api.press(message_id, 'Go', 7);
    const [update] = await bot.api.getUpdates({ timeout: 1 });
    const id = update && 'callback_query' in update ? update.callback_query.id : '';
    await bot.api.answerCallbackQuery({ callback_query_id: id, text: 'done', show_alert: true });
    expect(await answer).toEqual({ text: 'done', isAlert: true });
    await expect(bot.api.answerCallbackQuery({ callback_query_id: id })).rejects.toThrow('query is too old');
  });

  it('keeps the bytes of a document', async () => {
    const document = new InputFile(Buffer.from('diff é'), { filename: 'a.diff' });
    const { message_id } = await bot.api.sendDocument({ chat_id: api.chatId, document, caption: 'all' });
    expect(api.files.get(message_id)).toEqual({ name: 'a.diff', bytes: Buffer.from('diff é'), caption: 'all' });
  });

  it.each([
    ['a text of 4097 characters', 'a'.repeat(4097), {}, 'message is too long'],
    ['button data of 65 bytes', 'a', button('Go', 'é'.repeat(33)), 'BUTTON_DATA_INVALID'],
    ['an unknown parameter', 'a', { txet: 'b' }, 'unknown parameter "txet"'],
    ['an unescaped <', 'a < b', { parse_mode: 'HTML' }, "can't parse entities"],
    ['another chat', 'a', { chat_id: 5 }, 'chat not found'],
  ])('refuses %s', async (_, text, more, description) => {
    await expect(send(text, more)).rejects.toThrow(description);
  });

  it('counts characters after parsing', async () => {
    await expect(send(`<b>${'&amp;'.repeat(4096)}</b>`, { parse_mode: 'HTML' })).resolves.toBeDefined();
  });

  it('refuses a wrong token, and plays faults once each', async () => {
    const stranger = new Bot('1:wrong', { apiRoot: api.url, maxRetries: 0 });
    await expect(stranger.api.getMe()).rejects.toMatchObject({ errorCode: 401 });
    api.faults = [{ kind: 'rate-limit', retryAfterS: 3 }, { kind: 'drop' }];
    await expect(send('a')).rejects.toMatchObject({ errorCode: 429, retryAfter: 3 });
    await expect(send('a')).rejects.toMatchObject({ code: 'EFETCH' });
    await expect(send('a')).resolves.toBeDefined();
  });
});

describe('message HTML', () => {
  it.each([
    ['<b>a</b> &lt;x&gt; &amp;&quot; &#128512;', 'a <x> &" 😀'],
    ['<pre><code class="language-diff">+a</code></pre>', '+a'],
  ])('reads %s', (html, text) => {
    expect(parseBotHtml(html)).toEqual({ isValid: true, text });
  });

  it.each(['<b>a', '<b>a</i>', '<script>', 'a <'])('refuses %s', (html) => {
    expect(parseBotHtml(html).isValid).toBe(false);
  });
});
