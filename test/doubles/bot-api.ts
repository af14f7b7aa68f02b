// A Bot API on loopback: long polling with confirmed offsets, messages edited in place, buttons, documents, and its published refusals.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InlineKeyboardMarkup, Message, Update, User } from 'node-telegram-bot-api';
import { parseBotHtml } from './bot-api-html.js';
import { botApiMethods, isBotApiMethod, type BotApiMethod } from './bot-api-methods.js';

export interface BotApiRequest {
  method: string;
  params: Record<string, unknown>;
}

/** Spent on the next request for `method` (any but getUpdates when left out). */
export type BotApiFault = { method?: BotApiMethod } & (
  | { kind: 'rate-limit'; retryAfterS: number }
  | { kind: 'drop' }
  | { kind: 'error'; status: number; description: string }
);

/** What the person who pressed sees. */
export interface ButtonAnswer {
  text: string;
  isAlert: boolean;
}

type Params = Record<string, unknown>;
type Update_ = { [Key in keyof Update]: Update[Key] };

class Refusal extends Error {
  readonly status: number;
  readonly parameters: object | undefined;
  constructor(status: number, description: string, parameters?: object) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

export class BotApi {
  readonly token: string;
  readonly chatId: number;
  readonly messages = new Map<number, Message>();
  /** Bytes of sent documents by message id. */
  readonly files = new Map<number, { name: string; bytes: Buffer; caption: string }>();
  readonly requests: BotApiRequest[] = [];
  faults: BotApiFault[] = [];
  readonly #server: Server;
  readonly #bot: User = { id: 1, is_bot: true, first_name: 'LevAutoFix', username: 'levautofix_bot' };
  readonly #answers = new Map<string, { resolve: (answer: ButtonAnswer) => void }>();
  readonly #watchers = new Set<() => void>();
  #updates: Update_[] = [];
  #poll: { end: () => void; conflict: () => void } | null = null;
  #lastUpdateId = 100;
  #lastMessageId = 0;
  #lastCallbackId = 0;

  private constructor({ token, chatId }: { token: string; chatId: number }) {
    this.token = token;
    this.chatId = chatId;
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start({ token = '123456:test-TOKEN_abcdefghijklmnop', chatId = 4242 } = {}): Promise<BotApi> {
    const api = new BotApi({ token, chatId });
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#poll?.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Presses a button that the message shows; resolves with what the bot answered. */
  press(messageId: number, buttonText: string, from: User | number): Promise<ButtonAnswer> {
    const message = this.messages.get(messageId);
    const button = message?.reply_markup?.inline_keyboard.flat().find(({ text }) => text === buttonText);
    if (!message || !button?.callback_data) throw new Error(`message ${messageId} shows no button "${buttonText}"`);
    return this.pressData(message, button.callback_data, from);
  }

  /** The same with any data, as a modified client can send it. */
  pressData(message: Message, data: string, from: User | number): Promise<ButtonAnswer> {
    const id = String(++this.#lastCallbackId);
    const answer = new Promise<ButtonAnswer>((resolve) => this.#answers.set(id, { resolve }));
    this.send({ callback_query: { id, from: asUser(from), chat_instance: '1', message, data } });
    return answer;
  }

  /** A message of a person in the chat, as an answer to `replyTo` where given. */
  say(text: string, from: User | number, { replyTo, ...more }: { replyTo?: number } & Partial<Message> = {}): Message {
    const original = replyTo === undefined ? undefined : this.messages.get(replyTo);
    const message = {
      ...this.#newMessage(asUser(from), text),
      ...(original && { reply_to_message: original }),
      ...more,
    };
    this.messages.set(message.message_id, message);
    this.send({ message });
    return message;
  }

  /** Any update at all. */
  send(update: Omit<Partial<Update_>, 'update_id'>): void {
    this.#updates.push({ ...update, update_id: ++this.#lastUpdateId });
    this.#poll?.end();
  }

  /** Resolves once `find` answers something other than undefined; asked again whenever a request was answered or began to wait. */
  waitFor<Found>(find: () => Found | undefined, timeoutMs = 10_000): Promise<Found> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(
          new Error(
            `nothing found in ${timeoutMs} ms; last requests: ${this.requests
              .slice(-5)
              .map((r) => r.method)
              .join(', ')}`,
          ),
        );
      }, timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** The newest message of the bot whose text contains `part`. */
  waitForMessage(part: string, timeoutMs?: number): Promise<Message> {
    return this.waitFor(
      () =>
        [...this.messages.values()].reverse().find((message) => message.from?.is_bot && message.text?.includes(part)),
      timeoutMs,
    );
  }

  /** Whether somebody is waiting for updates at this moment. */
  get isPolled(): boolean {
    return this.#poll !== null;
  }

  get unconfirmedUpdates(): number {
    return this.#updates.length;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number, body: object) => {
      if (!response.writableEnded)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    try {
      const [, token, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? [];
      const params = await readParams(request);
      if (token !== this.token) throw new Refusal(401, 'Unauthorized');
      if (!isBotApiMethod(method)) throw new Refusal(404, 'Not Found: method not found');
      this.requests.push({ method, params });
      if (this.#isFaulty(method, request)) return;
      checkParams(method, params);
      answer(200, { ok: true, result: await this.#call(method, params, response) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message, parameters } = error;
      answer(status, { ok: false, error_code: status, description: message, ...(parameters && { parameters }) });
    } finally {
      this.#look();
    }
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }

  #isFaulty(method: BotApiMethod, request: IncomingMessage): boolean {
    const index = this.faults.findIndex((fault) => (fault.method ? fault.method === method : method !== 'getUpdates'));
    const [fault] = index < 0 ? [] : this.faults.splice(index, 1);
    if (!fault) return false;
    if (fault.kind === 'rate-limit') {
      const parameters = { retry_after: fault.retryAfterS };
      throw new Refusal(429, `Too Many Requests: retry after ${fault.retryAfterS}`, parameters);
    }
    if (fault.kind === 'error') throw new Refusal(fault.status, fault.description);
    request.socket.destroy();
    return true;
  }

  #call(method: BotApiMethod, params: Params, response: ServerResponse): unknown {
    switch (method) {
      case 'getMe':
        return this.#bot;
      case 'getUpdates':
        return this.#getUpdates(params, response);
      case 'getChat':
        this.#checkChat(params);
        return { id: this.chatId, type: 'private', first_name: 'A', accent_color_id: 0, max_reaction_count: 1 };
      case 'sendMessage':
        return this.#sendMessage(params);
      case 'editMessageText':
        return this.#editMessageText(params);
      case 'sendDocument':
        return this.#sendDocument(params);
      case 'answerCallbackQuery':
        return this.#answerCallbackQuery(params);
    }
  }

  async #getUpdates({ offset = 0, timeout = 0, limit = 100 }: Params, response: ServerResponse): Promise<Update_[]> {
    this.#poll?.conflict();
    this.#updates = this.#updates.filter((update) => update.update_id >= Number(offset));
    if (this.#updates.length === 0 && Number(timeout) > 0) {
      await new Promise<void>((resolve, reject) => {
        const poll = {
          end: () => settle(resolve),
          conflict: () =>
            settle(() =>
              reject(
                new Refusal(
                  409,
                  'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
                ),
              ),
            ),
        };
        const settle = (finish: () => void) => {
          clearTimeout(timer);
          if (this.#poll === poll) this.#poll = null;
          finish();
        };
        const timer = setTimeout(poll.end, Number(timeout) * 1000);
        response.on('close', poll.end);
        this.#poll = poll;
        this.#look();
      });
    }
    return this.#updates.slice(0, Number(limit));
  }

  #sendMessage(params: Params): Message {
    this.#checkChat(params);
    const message = this.#newMessage(this.#bot, shownText(params));
    const markup = keyboardOf(params);
    if (markup) message.reply_markup = markup;
    this.messages.set(message.message_id, message);
    return message;
  }

  #editMessageText(params: Params): Message {
    this.#checkChat(params);
    const message = this.messages.get(Number(params.message_id));
    if (!message) throw new Refusal(400, 'Bad Request: message to edit not found');
    if (message.from?.id !== this.#bot.id) throw new Refusal(400, "Bad Request: message can't be edited");
    const text = shownText(params);
    const markup = keyboardOf(params);
    if (text === message.text && JSON.stringify(markup) === JSON.stringify(message.reply_markup)) {
      throw new Refusal(
        400,
        'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
      );
    }
    const { reply_markup: _, ...rest } = message;
    const edited: Message = { ...rest, text, edit_date: now(), ...(markup && { reply_markup: markup }) };
    this.messages.set(message.message_id, edited);
    return edited;
  }

  async #sendDocument(params: Params): Promise<Message> {
    this.#checkChat(params);
    const { document } = params;
    if (!(document instanceof File)) throw new Refusal(400, 'Bad Request: wrong remote file identifier specified');
    const caption = params.caption === undefined ? '' : shownText({ ...params, text: params.caption }, 1024, 'caption');
    const { text: _, ...message } = this.#newMessage(this.#bot, '');
    const bytes = Buffer.from(await document.arrayBuffer());
    if (bytes.length === 0) throw new Refusal(400, 'Bad Request: file must be non-empty');
    this.files.set(message.message_id, { name: document.name, bytes, caption });
    const sent: Message = {
      ...message,
      caption,
      document: {
        file_id: `f${message.message_id}`,
        file_unique_id: `u${message.message_id}`,
        file_name: document.name,
        file_size: bytes.length,
      },
    };
    this.messages.set(message.message_id, sent);
    return sent;
  }

  #answerCallbackQuery({ callback_query_id, text = '', show_alert }: Params): true {
    const id = String(callback_query_id);
    const waiting = this.#answers.get(id);
    if (!waiting)
      throw new Refusal(400, 'Bad Request: query is too old and response timeout expired or query ID is invalid');
    if (String(text).length > 200) throw new Refusal(400, 'Bad Request: MESSAGE_TOO_LONG');
    this.#answers.delete(id);
    waiting.resolve({ text: String(text), isAlert: show_alert === true });
    return true;
  }

  #checkChat({ chat_id }: Params): void {
    if (String(chat_id) !== String(this.chatId)) throw new Refusal(400, 'Bad Request: chat not found');
  }

  #newMessage(from: User, text: string): Message {
    const chat = { id: this.chatId, type: 'private' as const, first_name: 'A' };
    return { message_id: ++this.#lastMessageId, date: now(), chat, from, text };
  }
}

async function readParams(request: IncomingMessage): Promise<Params> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const type = request.headers['content-type'];
  if (chunks.length === 0 || type === undefined) return {};
  const form = await new Request('http://x', {
    method: 'POST',
    body: Buffer.concat(chunks),
    headers: { 'content-type': type },
  }).formData();
  return Object.fromEntries(
    [...form]
      .filter(([, value]) => value !== 'undefined')
      .map(([key, value]) => [key, typeof value === 'string' ? readValue(value) : value]),
  );
}

/** Composite values travel as JSON; text that merely looks like a number stays harmless either way. */
function readValue(value: string): unknown {
  if (!/^(?:[[{]|true$|false$)/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function checkParams(method: BotApiMethod, params: Params): void {
  const { required, optional } = botApiMethods[method] as { required: readonly string[]; optional: readonly string[] };
  for (const name of required) {
    if (params[name] === undefined || params[name] === '')
      throw new Refusal(400, `Bad Request: parameter "${name}" is required`);
  }
  // The real service ignores what it does not know; a double that did so would hide a misspelt name.
  for (const name of Object.keys(params)) {
    if (!required.includes(name) && !optional.includes(name))
      throw new Refusal(400, `Bad Request: unknown parameter "${name}"`);
  }
}

function shownText({ text, parse_mode }: Params, maxLength = 4096, name = 'message'): string {
  let shown = String(text);
  if (parse_mode !== undefined) {
    if (parse_mode !== 'HTML') throw new Refusal(400, 'Bad Request: unsupported parse_mode');
    const parsed = parseBotHtml(shown);
    if (!parsed.isValid) throw new Refusal(400, parsed.description);
    shown = parsed.text;
  }
  shown = shown.trim();
  if (shown === '' && name === 'message') throw new Refusal(400, 'Bad Request: message text is empty');
  if (shown.length > maxLength) throw new Refusal(400, `Bad Request: ${name} is too long`);
  return shown;
}

function keyboardOf({ reply_markup }: Params): InlineKeyboardMarkup | undefined {
  if (reply_markup === undefined) return undefined;
  const markup = reply_markup as InlineKeyboardMarkup;
  for (const button of markup.inline_keyboard.flat()) {
    const bytes = Buffer.byteLength(button.callback_data ?? '');
    if (bytes < 1 || bytes > 64) throw new Refusal(400, 'Bad Request: BUTTON_DATA_INVALID');
  }
  return markup.inline_keyboard.length === 0 ? undefined : markup;
}

function asUser(from: User | number): User {
  return typeof from === 'number' ? { id: from, is_bot: false, first_name: `User ${from}` } : from;
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
