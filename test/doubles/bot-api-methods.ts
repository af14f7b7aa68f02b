// The parameters of the Bot API methods the double knows, as published at https://core.telegram.org/bots/api; the library's own types,
// generated from that page, hold these names.
import type {
  AnswerCallbackQueryParams,
  EditMessageTextParams,
  GetChatParams,
  GetUpdatesParams,
  SendDocumentParams,
  SendMessageParams,
} from 'node-telegram-bot-api';

interface Parameters<Params> {
  required: readonly (keyof Params & string)[];
  optional: readonly (keyof Params & string)[];
}

const getUpdates: Parameters<GetUpdatesParams> = {
  required: [],
  optional: ['offset', 'limit', 'timeout', 'allowed_updates'],
};
const sendMessage: Parameters<SendMessageParams> = {
  required: ['chat_id', 'text'],
  optional: [
    'message_thread_id',
    'parse_mode',
    'entities',
    'link_preview_options',
    'disable_notification',
    'protect_content',
    'reply_parameters',
    'reply_markup',
  ],
};
const editMessageText: Parameters<EditMessageTextParams> = {
  // The page marks chat_id and message_id as required wherever there is no inline_message_id; inline messages are not played here.
  required: ['chat_id', 'message_id', 'text'],
  optional: ['parse_mode', 'entities', 'link_preview_options', 'reply_markup'],
};
const sendDocument: Parameters<SendDocumentParams> = {
  required: ['chat_id', 'document'],
  optional: [
    'message_thread_id',
    'caption',
    'parse_mode',
    'disable_content_type_detection',
    'disable_notification',
    'protect_content',
    'reply_parameters',
    'reply_markup',
  ],
};
const answerCallbackQuery: Parameters<AnswerCallbackQueryParams> = {
  required: ['callback_query_id'],
  optional: ['text', 'show_alert', 'url', 'cache_time'],
};
const getChat: Parameters<GetChatParams> = { required: ['chat_id'], optional: [] };

export const botApiMethods = {
  getMe: { required: [], optional: [] },
  getUpdates,
  getChat,
  sendMessage,
  editMessageText,
  sendDocument,
  answerCallbackQuery,
} as const satisfies Record<string, { required: readonly string[]; optional: readonly string[] }>;

export type BotApiMethod = keyof typeof botApiMethods;

export function isBotApiMethod(name: string): name is BotApiMethod {
  return Object.hasOwn(botApiMethods, name);
}
