// Translates what the library throws into faults a person understands; a token never gets into one.
import { NetworkError, TelegramApiError, TimeoutError } from 'node-telegram-bot-api';
import { Fault } from '@levautofix/service-kit/fault';
import { withoutPasswords } from '../../domain/without-passwords.js';

/** The original error is not kept as the cause: it may hold the request's address, and with it the token. */
export function telegramFault(error: unknown, now: number): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof TelegramApiError) return apiFault(error, now);
  const isAway = error instanceof NetworkError || error instanceof TimeoutError;
  return new Fault({
    code: isAway ? 'telegram_unreachable' : 'telegram_failed',
    message: isAway ? 'Telegram cannot be reached.' : `Telegram failed: ${withoutToken(messageOf(error))}.`,
    remedy: isAway
      ? 'It is tried again; check the network and TELEGRAM_API_ROOT if this lasts.'
      : 'See the log, or decide on the web page.',
    isRetryable: true,
  });
}

export function withoutToken(text: string): string {
  return withoutPasswords(text).replace(/\d+:[\w-]{10,}/g, '[redacted:telegram-token]');
}

function apiFault(error: TelegramApiError, now: number): Fault {
  const { errorCode, retryAfter } = error;
  const description = withoutToken(error.description);
  if (errorCode === 401 || errorCode === 404) {
    return new Fault({
      code: 'telegram_token_invalid',
      message: 'Telegram does not know this bot (401).',
      remedy: 'Set TELEGRAM_BOT_TOKEN to the token that @BotFather shows, then restart.',
    });
  }
  if (errorCode === 409) {
    return new Fault({
      code: 'telegram_conflict',
      message: 'Another program polls Telegram with this bot token (409).',
      remedy: 'Stop the other fixer, or give each its own bot.',
      isRetryable: true,
    });
  }
  if (errorCode === 429) {
    return new Fault({
      code: 'telegram_rate_limited',
      message: 'Telegram asks to slow down (429).',
      remedy: 'It is tried again when Telegram allows it.',
      isRetryable: true,
      ...(retryAfter !== undefined && { retryAt: now + retryAfter * 1000 }),
    });
  }
  if (errorCode === 403 || /chat not found/i.test(description)) {
    return new Fault({
      code: 'telegram_chat_unknown',
      message: `Telegram refuses the chat (${errorCode}: ${description}).`,
      remedy:
        'Send the bot /start from that chat (or add it to the group), then set TELEGRAM_CHAT_ID to the chat’s number.',
    });
  }
  return new Fault({
    code: 'telegram_refused',
    message: `Telegram refused the request (${errorCode}: ${description}).`,
    remedy: 'See the log, or decide on the web page.',
    isRetryable: errorCode >= 500,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
