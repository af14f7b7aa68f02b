// One chat of one bot: sends and edits there, bounded in time, and fails only with faults that hold no token.
import { Bot, InputFile, type Api, type InlineKeyboardMarkup } from 'node-telegram-bot-api';
import type { Clock } from '@levautofix/service-kit/clock';
import { describeError } from '@levautofix/service-kit/fault';
import { telegramFault } from './telegram-fault.js';

export interface BotClientOptions {
  token: string;
  chatId: number;
  /** Address of the Bot API; undefined for Telegram's own. */
  apiRoot: string | undefined;
  clock: Clock;
}

export interface Attachment {
  name: string;
  bytes: Buffer;
  caption: string | null;
}

export class BotClient {
  readonly api: Api;
  readonly #options: BotClientOptions;
  #stopping = new AbortController();

  constructor(options: BotClientOptions) {
    this.#options = options;
    const { token, apiRoot } = options;
    this.api = new Bot(token, { ...(apiRoot !== undefined && { apiRoot }), timeoutMs: 30_000 }).api;
  }

  get chatId(): number {
    return this.#options.chatId;
  }

  /** Fires when requests are to end. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  open(): void {
    this.#stopping = new AbortController();
  }

  close(): void {
    this.#stopping.abort(new Error('the channel stops'));
  }

  async check(): Promise<void> {
    await this.#call((signal) => this.api.getMe(signal));
    await this.#call((signal) => this.api.getChat({ chat_id: this.chatId }, signal));
  }

  /** Answers the message's number. */
  async send(html: string, { keyboard, replyTo }: { keyboard?: InlineKeyboardMarkup; replyTo?: number } = {}) {
    const { message_id } = await this.#call((signal) =>
      this.api.sendMessage(
        {
          ...this.#textOf(html, keyboard),
          ...(replyTo !== undefined && {
            reply_parameters: { message_id: replyTo, allow_sending_without_reply: true },
          }),
        },
        signal,
      ),
    );
    return message_id;
  }

  /** Buttons go unless they are given again. A message that says so already, or that was deleted, is no fault. */
  async edit(messageId: number, html: string, keyboard?: InlineKeyboardMarkup): Promise<void> {
    await this.#call((signal) =>
      this.api.editMessageText({ ...this.#textOf(html, keyboard), message_id: messageId }, signal),
    ).catch((error: unknown) => {
      if (!/message is not modified|message to edit not found/.test(describeError(error))) throw error;
    });
  }

  async attach({ name, bytes, caption }: Attachment, replyTo: number): Promise<void> {
    await this.#call((signal) =>
      this.api.sendDocument(
        {
          chat_id: this.chatId,
          document: new InputFile(bytes, { filename: name, contentType: 'text/x-diff' }),
          reply_parameters: { message_id: replyTo, allow_sending_without_reply: true },
          ...(caption !== null && { caption }),
        },
        signal,
      ),
    );
  }

  /** Telegram forgets a press within seconds; answering a forgotten one is no fault. */
  async answerPress(queryId: string, text: string, isAlert: boolean): Promise<void> {
    await this.#call((signal) =>
      this.api.answerCallbackQuery({ callback_query_id: queryId, text, show_alert: isAlert }, signal),
    ).catch((error: unknown) => {
      if (!describeError(error).includes('query is too old')) throw error;
    });
  }

  #textOf(html: string, keyboard: InlineKeyboardMarkup | undefined) {
    return {
      chat_id: this.chatId,
      text: html,
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      ...(keyboard && { reply_markup: keyboard }),
    };
  }

  async #call<Result>(request: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    try {
      return await request(AbortSignal.any([this.signal, AbortSignal.timeout(120_000)]));
    } catch (error) {
      throw telegramFault(error, this.#options.clock.now());
    }
  }
}
