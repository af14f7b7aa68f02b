// Asks on Telegram: one card for each question, answered by a tap or by words, from listed people in one chat only.
import {
  Bot,
  InlineKeyboardBuilder,
  InputFile,
  type CallbackQuery,
  type Message,
  type Update,
} from 'node-telegram-bot-api';
import type { Clock } from '@levautofix/service-kit/clock';
import { describeError } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import { clip, plainText } from '../../domain/plain-text.js';
import type { ApprovalChannel, ApprovalQuestion, DecisionAnswer, DecisionInput } from '../../ports/approval-channel.js';
import type { PanelName, StatusPanels } from '../../ports/status-panels.js';
import { decodeCallbackData, encodeCallbackData } from './callback-data.js';
import { escapeHtml, renderCard } from './card.js';
import { pollUpdates } from './poll-updates.js';
import { isBoardCommand, panelOf, renderBoard } from './status-board.js';
import { telegramFault } from './telegram-fault.js';

export interface TelegramOptions {
  token: string;
  chatId: number;
  /** User ids whose answers count; an empty list means nobody's. */
  allowedUsers: readonly number[];
  /** Address of the Bot API; undefined for Telegram's own. */
  apiRoot: string | undefined;
  clock: Clock;
  log: Logger;
  random: () => number;
  /** The one-time id of the open question shown at a reference, so that words find it after a restart too. */
  findNonce: (reference: string) => Promise<string | null>;
  /** What `/status` shows; without it the command is not answered. */
  panels?: StatusPanels;
  /** Seconds of one long poll. Default 30. */
  pollTimeoutS?: number;
}

type Decide = (input: DecisionInput) => Promise<DecisionAnswer>;

const maxDocumentLength = 5_000_000;
const approveText = '✅ Approve Fix';
const startText = '✅ Start Repair';
const skipText = '❌ Skip';

export class TelegramChannel implements ApprovalChannel {
  readonly name = 'telegram';
  readonly #options: TelegramOptions;
  readonly #bot: Bot;
  #stopping = new AbortController();
  #polling: Promise<void> | null = null;

  constructor(options: TelegramOptions) {
    this.#options = options;
    this.#bot = new Bot(options.token, {
      ...(options.apiRoot !== undefined && { apiRoot: options.apiRoot }),
      timeoutMs: 30_000,
    });
  }

  start(decide: Decide): Promise<void> {
    const { allowedUsers, clock, random, log, pollTimeoutS = 30 } = this.#options;
    if (allowedUsers.length === 0) {
      log.warn('TELEGRAM_ALLOWED_USERS is empty: nobody can approve on Telegram');
    }
    this.#stopping = new AbortController();
    const updates = pollUpdates({
      api: this.#bot.api,
      clock,
      signal: this.#stopping.signal,
      timeoutS: pollTimeoutS,
      random,
      onFault: (fault) =>
        log[fault.isRetryable ? 'warn' : 'error']({ code: fault.code, fault: describeError(fault) }, 'Telegram fault'),
      onRecovered: () => log.info('Telegram answers again'),
    });
    this.#polling = this.#pump(updates, decide);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the channel stops'));
    await this.#polling;
  }

  /** Null when the token and the chat are good; else what is wrong and what to do. */
  async check(): Promise<string | null> {
    const { chatId, allowedUsers } = this.#options;
    try {
      await this.#call((api, signal) => api.getMe(signal));
      await this.#call((api, signal) => api.getChat({ chat_id: chatId }, signal));
    } catch (error) {
      return describeError(error);
    }
    return allowedUsers.length > 0
      ? null
      : 'Nobody can approve on Telegram. Set TELEGRAM_ALLOWED_USERS to the user ids of those who may.';
  }

  async ask(question: ApprovalQuestion): Promise<string> {
    const { chatId, log } = this.#options;
    const { html, attachment } = renderCard(question);
    const keyboard = new InlineKeyboardBuilder()
      .text(question.kind === 'start' ? startText : approveText, encodeCallbackData('approve', question.nonce))
      .text(skipText, encodeCallbackData('skip', question.nonce))
      .build();
    const { message_id } = await this.#call((api, signal) =>
      api.sendMessage(
        {
          chat_id: chatId,
          text: html,
          parse_mode: 'HTML',
          link_preview_options: { is_disabled: true },
          reply_markup: keyboard,
        },
        signal,
      ),
    );
    // The question stands with or without its attachment; asking again over it would show two cards.
    if (attachment !== null) {
      await this.#attach(question, attachment, message_id).catch((error: unknown) =>
        log.warn({ fault: describeError(error), jobId: question.jobId }, 'the diff could not be attached'),
      );
    }
    return `${chatId}:${message_id}`;
  }

  async conclude(reference: string, question: ApprovalQuestion, outcome: string): Promise<void> {
    const [chatId, messageId] = reference.split(':').map(Number);
    if (!chatId || !messageId) return;
    await this.#call((api, signal) =>
      api.editMessageText(
        {
          chat_id: chatId,
          message_id: messageId,
          text: renderCard(question, outcome).html,
          parse_mode: 'HTML',
          link_preview_options: { is_disabled: true },
        },
        signal,
      ),
    ).catch((error: unknown) => {
      // It says so already, or somebody deleted it: either way there is nothing left to do.
      if (!/message is not modified|message to edit not found/.test(describeError(error))) throw error;
    });
  }

  async notify(text: string): Promise<void> {
    await this.#send(escapeHtml(clip(plainText(text), 4_000)));
  }

  async #send(html: string, replyTo?: number): Promise<void> {
    const { chatId } = this.#options;
    await this.#call((api, signal) =>
      api.sendMessage(
        {
          chat_id: chatId,
          text: html,
          parse_mode: 'HTML',
          link_preview_options: { is_disabled: true },
          ...(replyTo !== undefined && {
            reply_parameters: { message_id: replyTo, allow_sending_without_reply: true },
          }),
        },
        signal,
      ),
    );
  }

  async #attach({ diff, commit, jobId }: ApprovalQuestion, attachment: string, messageId: number): Promise<void> {
    const isCut = attachment.length > maxDocumentLength;
    const bytes = Buffer.from(isCut ? clip(attachment, maxDocumentLength) : attachment);
    await this.#call((api, signal) =>
      api.sendDocument(
        {
          chat_id: this.#options.chatId,
          document: new InputFile(bytes, {
            filename: `${commit?.slice(0, 12) ?? jobId}.diff`,
            contentType: 'text/x-diff',
          }),
          reply_parameters: { message_id: messageId, allow_sending_without_reply: true },
          ...(isCut && { caption: `Cut: the diff has ${diff?.length ?? 0} characters. Read the branch instead.` }),
        },
        signal,
      ),
    );
  }

  /** A request ends with the channel or after two minutes, and fails with a fault that holds no token. */
  async #call<Result>(request: (api: Bot['api'], signal: AbortSignal) => Promise<Result>): Promise<Result> {
    try {
      return await request(this.#bot.api, AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(120_000)]));
    } catch (error) {
      throw telegramFault(error, this.#options.clock.now());
    }
  }

  async #pump(updates: AsyncIterable<Update>, decide: Decide): Promise<void> {
    for await (const update of updates) {
      try {
        if ('callback_query' in update) await this.#onPress(update.callback_query, decide);
        else if ('message' in update) await this.#onMessage(update.message, decide);
      } catch (error) {
        // One bad update must not cost the next one.
        const fault = telegramFault(error, this.#options.clock.now());
        this.#options.log.error({ code: fault.code, fault: describeError(fault) }, 'a Telegram update failed');
      }
    }
  }

  async #onPress(query: CallbackQuery, decide: Decide): Promise<void> {
    const answer = await this.#judgePress(query, decide);
    await this.#call((api, signal) =>
      api.answerCallbackQuery(
        { callback_query_id: query.id, text: clip(answer.message, 200), show_alert: !answer.isAccepted },
        signal,
      ),
    ).catch((error: unknown) => {
      if (!describeError(error).includes('query is too old')) throw error;
    });
  }

  async #judgePress({ from, message, data }: CallbackQuery, decide: Decide): Promise<DecisionAnswer> {
    if (message?.chat.id !== this.#options.chatId || !this.#isAllowed(from)) return this.#refuseUser(from.id);
    const panel = panelOf(data ?? '');
    if (panel) return this.#turnBoard(message.message_id, panel);
    const press = decodeCallbackData(data ?? '');
    if (!press) return { isAccepted: false, message: 'This button belongs to no question.' };
    const reference = `${message.chat.id}:${message.message_id}`;
    return decide({
      ...press,
      by: `telegram:${from.id}`,
      shownAt: { channel: this.name, reference },
    });
  }

  async #onMessage(message: Message, decide: Decide): Promise<void> {
    const { from, chat, reply_to_message: original, text } = message;
    if (chat.id !== this.#options.chatId || text === undefined || !from) return;
    if (isBoardCommand(text) && this.#isAllowed(from)) return this.#showBoard();
    if (original === undefined) return;
    const reference = `${chat.id}:${original.message_id}`;
    // Words count only as somebody's own: not passed on from elsewhere, not spoken for a group or through another bot.
    if (message.forward_origin ?? message.sender_chat ?? message.via_bot) return;
    const nonce = await this.#options.findNonce(reference);
    if (nonce === null) return;
    const answer = this.#isAllowed(from)
      ? await decide({
          nonce,
          answer: 'feedback',
          text,
          by: `telegram:${from.id}`,
          shownAt: { channel: this.name, reference },
        })
      : this.#refuseUser(from.id);
    await this.#send(escapeHtml(answer.message), message.message_id);
  }

  async #showBoard(): Promise<void> {
    const { panels, chatId, clock } = this.#options;
    if (!panels) return;
    const board = await renderBoard(panels, 'queue', clock.now());
    await this.#call((api, signal) => api.sendMessage({ chat_id: chatId, parse_mode: 'HTML', ...board }, signal));
  }

  async #turnBoard(messageId: number, panel: PanelName): Promise<DecisionAnswer> {
    const { panels, chatId, clock } = this.#options;
    if (!panels) return { isAccepted: false, message: 'There is nothing to show.' };
    const board = await renderBoard(panels, panel, clock.now());
    await this.#call((api, signal) =>
      api.editMessageText({ chat_id: chatId, message_id: messageId, parse_mode: 'HTML', ...board }, signal),
    ).catch((error: unknown) => {
      if (!describeError(error).includes('message is not modified')) throw error;
    });
    return { isAccepted: true, message: '' };
  }

  #isAllowed({ id, is_bot }: { id: number; is_bot: boolean }): boolean {
    return !is_bot && this.#options.allowedUsers.includes(id);
  }

  #refuseUser(userId: number): DecisionAnswer {
    this.#options.log.warn({ userId }, 'an answer by somebody who may not approve');
    return {
      isAccepted: false,
      message: `You (${userId}) may not approve here. Ask for your number to be added to TELEGRAM_ALLOWED_USERS.`,
    };
  }
}
