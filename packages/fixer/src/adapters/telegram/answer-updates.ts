// What people do in the chat: presses, words and commands, taken from listed people in the one chat only.
import type { CallbackQuery, Message, Update, User } from 'node-telegram-bot-api';
import type { Logger } from '@levautofix/service-kit/logger';
import { clip } from '../../domain/plain-text.js';
import type { DecisionAnswer, DecisionInput } from '../../ports/approval-channel.js';
import type { PanelName, StatusPanels } from '../../ports/status-panels.js';
import type { BotClient } from './bot-client.js';
import { decodeCallbackData } from './callback-data.js';
import { escapeHtml } from './card.js';
import { isBoardCommand, panelOf, renderBoard } from './status-board.js';

export interface AnswerOptions {
  client: BotClient;
  decide: (input: DecisionInput) => Promise<DecisionAnswer>;
  allowedUsers: readonly number[];
  findNonce: (reference: string) => Promise<string | null>;
  panels: StatusPanels | undefined;
  reopen: ((reference: string, by: string) => Promise<string>) | undefined;
  now: () => number;
  log: Logger;
}

export const channelName = 'telegram';

export async function answerUpdate(update: Update, options: AnswerOptions): Promise<void> {
  if ('callback_query' in update) await onPress(update.callback_query, options);
  else if ('message' in update) await onMessage(update.message, options);
}

async function onPress(query: CallbackQuery, options: AnswerOptions): Promise<void> {
  const answer = await judgePress(query, options);
  await options.client.answerPress(query.id, clip(answer.message, 200), !answer.isAccepted);
}

async function judgePress(
  { from, message, data = '' }: CallbackQuery,
  options: AnswerOptions,
): Promise<DecisionAnswer> {
  if (message?.chat.id !== options.client.chatId || !isAllowed(from, options)) return refuse(from.id, options);
  const panel = panelOf(data);
  if (panel) return turnBoard(message.message_id, panel, options);
  const press = decodeCallbackData(data);
  if (!press) return { isAccepted: false, message: 'This button belongs to no question.' };
  return options.decide({ ...press, by: `telegram:${from.id}`, shownAt: placeOf(message) });
}

async function onMessage(message: Message, options: AnswerOptions): Promise<void> {
  const { client, decide, findNonce } = options;
  const { from, chat, reply_to_message: original, text } = message;
  if (chat.id !== client.chatId || text === undefined || !from) return;
  if (isBoardCommand(text) && isAllowed(from, options)) return showBoard(options);
  // Words count only as somebody's own: not passed on from elsewhere, not spoken for a group or through another bot.
  if (message.forward_origin || message.sender_chat || message.via_bot) return;
  const [, reference] = /^\/reopen(?:@\w+)?\s+(\S+)\s*$/.exec(text) ?? [];
  if (reference !== undefined) return reopen(reference, from, message.message_id, options);
  if (!original) return;
  const shownAt = placeOf(original);
  const nonce = await findNonce(shownAt.reference);
  if (nonce === null) return;
  const answer = isAllowed(from, options)
    ? await decide({ nonce, answer: 'feedback', text, by: `telegram:${from.id}`, shownAt })
    : refuse(from.id, options);
  await client.send(escapeHtml(answer.message), { replyTo: message.message_id });
}

async function reopen(reference: string, from: User, replyTo: number, options: AnswerOptions): Promise<void> {
  if (!options.reopen) return;
  const answer = isAllowed(from, options)
    ? await options.reopen(reference, `telegram:${from.id}`)
    : refuse(from.id, options).message;
  await options.client.send(escapeHtml(answer), { replyTo });
}

async function showBoard({ panels, client, now }: AnswerOptions): Promise<void> {
  if (!panels) return;
  const { html, keyboard } = await renderBoard(panels, 'queue', now());
  await client.send(html, { keyboard });
}

async function turnBoard(
  messageId: number,
  panel: PanelName,
  { panels, client, now }: AnswerOptions,
): Promise<DecisionAnswer> {
  if (!panels) return { isAccepted: false, message: 'There is nothing to show.' };
  const { html, keyboard } = await renderBoard(panels, panel, now());
  await client.edit(messageId, html, keyboard);
  return { isAccepted: true, message: '' };
}

function placeOf({ chat, message_id }: { chat: { id: number }; message_id: number }) {
  return { channel: channelName, reference: `${chat.id}:${message_id}` };
}

function isAllowed({ id, is_bot }: { id: number; is_bot: boolean }, { allowedUsers }: AnswerOptions): boolean {
  return !is_bot && allowedUsers.includes(id);
}

function refuse(userId: number, { log }: AnswerOptions): DecisionAnswer {
  log.warn({ userId }, 'an answer by somebody who may not approve');
  return {
    isAccepted: false,
    message: `You (${userId}) may not approve here. Ask for your number to be added to TELEGRAM_ALLOWED_USERS.`,
  };
}
