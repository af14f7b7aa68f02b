// Long polling that survives: it waits out faults and other pollers, and ends only when told to or when the token is refused.
import type { Api, Update } from 'node-telegram-bot-api';
import { delay, type Clock } from '@levautofix/service-kit/clock';
import type { Fault } from '@levautofix/service-kit/fault';
import { backoffMs } from '@levautofix/service-kit/retry';
import { telegramFault } from './telegram-fault.js';

export interface PollOptions {
  api: Pick<Api, 'getUpdates'>;
  clock: Clock;
  signal: AbortSignal;
  /** Seconds the service may hold one request open. */
  timeoutS: number;
  random: () => number;
  /** Told once for each kind of fault in a row. */
  onFault: (fault: Fault) => void;
  onRecovered: () => void;
}

/** An update is confirmed by the request after it: one whose handling was cut off by a crash comes again. Never throws. */
export async function* pollUpdates(options: PollOptions): AsyncGenerator<Update> {
  const { api, clock, signal, timeoutS, random, onFault, onRecovered } = options;
  let offset: number | undefined;
  let failures = 0;
  let lastCode: string | null = null;
  while (!signal.aborted) {
    let updates: Update[];
    try {
      updates = await api.getUpdates(
        {
          ...(offset !== undefined && { offset }),
          timeout: timeoutS,
          allowed_updates: ['message', 'callback_query'],
        },
        signal,
      );
    } catch (error) {
      if (signal.aborted) return;
      const fault = telegramFault(error, clock.now());
      if (fault.code !== lastCode) onFault(fault);
      if (fault.code === 'telegram_token_invalid') return;
      lastCode = fault.code;
      failures += 1;
      const wait = backoffMs(failures, { baseMs: 1_000, capMs: 60_000, random });
      await delay(clock, Math.max(wait, (fault.retryAt ?? 0) - clock.now()), signal).catch(() => {});
      continue;
    }
    if (lastCode !== null) onRecovered();
    lastCode = null;
    failures = 0;
    for (const update of updates) {
      offset = update.update_id + 1;
      yield update;
    }
  }
}
