// Asks on Telegram: one card for each question, answered by a tap or by words.
import { InlineKeyboardBuilder } from 'node-telegram-bot-api';
import { describeError } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import { clip, plainText } from '../../domain/plain-text.js';
import type { ApprovalChannel, ApprovalQuestion } from '../../ports/approval-channel.js';
import type { StatusPanels } from '../../ports/status-panels.js';
import { answerUpdate, channelName, type AnswerOptions } from './answer-updates.js';
import { BotClient, type BotClientOptions } from './bot-client.js';
import { encodeCallbackData } from './callback-data.js';
import { escapeHtml, renderCard } from './card.js';
import { pollUpdates } from './poll-updates.js';
import { telegramFault } from './telegram-fault.js';

export interface TelegramOptions extends BotClientOptions {
  /** User ids whose answers count; an empty list means nobody's. */
  allowedUsers: readonly number[];
  log: Logger;
  random: () => number;
  /** The one-time id of the open question shown at a reference, so that words find it after a restart too. */
  findNonce: (reference: string) => Promise<string | null>;
  /** What `/status` shows; without it the command is not answered. */
  panels?: StatusPanels;
  /** Takes back that an error is ignored, for `/reopen FINGERPRINT`; answers in words. Without it the command is not answered. */
  reopen?: (reference: string, by: string) => Promise<string>;
  /** Seconds of one long poll. Default 30. */
  pollTimeoutS?: number;
}

const maxDocumentLength = 5_000_000;
const approveText = '✅ Approve Fix';
const startText = '✅ Start Repair';
const skipText = '❌ Skip';

export class TelegramChannel implements ApprovalChannel {
  readonly name = channelName;
  readonly #options: TelegramOptions;
  readonly #client: BotClient;
  #polling: Promise<void> | null = null;

  constructor(options: TelegramOptions) {
    this.#options = options;
    this.#client = new BotClient(options);
  }

  start(decide: AnswerOptions['decide']): Promise<void> {
    const { allowedUsers, log, findNonce, panels, reopen, clock } = this.#options;
    if (allowedUsers.length === 0) {
      log.warn('TELEGRAM_ALLOWED_USERS is empty: nobody can approve on Telegram');
    }
    this.#client.open();
    const client = this.#client;
    this.#polling = this.#pump({
      client,
      decide,
      allowedUsers,
      findNonce,
      panels,
      reopen,
      now: () => clock.now(),
      log,
    });
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#polling;
  }

  /** Null when the token and the chat are good; else what is wrong and what to do. */
  async check(): Promise<string | null> {
    try {
      await this.#client.check();
    } catch (error) {
      return describeError(error);
    }
    return this.#options.allowedUsers.length > 0
      ? null
      : 'Nobody can approve on Telegram. Set TELEGRAM_ALLOWED_USERS to the user ids of those who may.';
  }

  async ask(question: ApprovalQuestion): Promise<string> {
    const { html, attachment } = renderCard(question);
    const keyboard = new InlineKeyboardBuilder()
      .text(question.kind === 'start' ? startText : approveText, encodeCallbackData('approve', question.nonce))
      .text(skipText, encodeCallbackData('skip', question.nonce))
      .build();
    const messageId = await this.#client.send(html, { keyboard });
    // The question stands with or without its attachment; asking again over it would show two cards.
    if (attachment !== null) {
      await this.#attach(question, attachment, messageId).catch((error: unknown) =>
        this.#options.log.warn(
          { fault: describeError(error), jobId: question.jobId },
          'the diff could not be attached',
        ),
      );
    }
    return `${this.#client.chatId}:${messageId}`;
  }

  async conclude(reference: string, question: ApprovalQuestion, outcome: string): Promise<void> {
    const [chatId, messageId] = reference.split(':').map(Number);
    // A question that was shown in another chat, before the settings were changed, stays as it is.
    if (chatId !== this.#client.chatId || !messageId) return;
    await this.#client.edit(messageId, renderCard(question, outcome).html);
  }

  async notify(text: string): Promise<void> {
    await this.#client.send(escapeHtml(clip(plainText(text), 4_000)));
  }

  async #attach({ commit, jobId }: ApprovalQuestion, diff: string, messageId: number): Promise<void> {
    const isCut = diff.length > maxDocumentLength;
    await this.#client.attach(
      {
        name: `${commit?.slice(0, 12) ?? jobId}.diff`,
        bytes: Buffer.from(isCut ? clip(diff, maxDocumentLength) : diff),
        caption: isCut ? `Cut: the diff has ${diff.length} characters. Read the branch instead.` : null,
      },
      messageId,
    );
  }

  async #pump(answering: AnswerOptions): Promise<void> {
    const { clock, random, log, pollTimeoutS = 30 } = this.#options;
    const updates = pollUpdates({
      api: this.#client.api,
      clock,
      signal: this.#client.signal,
      timeoutS: pollTimeoutS,
      random,
      onFault: (fault) =>
        log[fault.isRetryable ? 'warn' : 'error']({ code: fault.code, fault: describeError(fault) }, 'Telegram fault'),
      onRecovered: () => log.info('Telegram answers again'),
    });
    for await (const update of updates) {
      try {
        await answerUpdate(update, answering);
      } catch (error) {
        // One bad update must not cost the next one.
        const fault = telegramFault(error, clock.now());
        log.error({ code: fault.code, fault: describeError(fault) }, 'a Telegram update failed');
      }
    }
  }
}
