// Where people are asked: Telegram, else the terminal, else nobody.
import type { Clock } from '@levautofix/service-kit/clock';
import type { Logger } from '@levautofix/service-kit/logger';
import { TelegramChannel } from '../adapters/telegram/approval-channel.js';
import { isTerminal, TerminalChannel } from '../adapters/terminal/approval-channel.js';
import { findNonceShownAt } from '../approve/record-decision.js';
import { secretValues, type FixerConfig, type FixerSecrets } from '../config/config.js';
import { reopenIncident } from '../follow/reopen-incident.js';
import { createStatusPanels } from '../follow/status-panels.js';
import type { ApprovalChannel } from '../ports/approval-channel.js';
import type { Store } from '../ports/store.js';
import type { HostProcess } from './host-process.js';

export function createChannels(
  config: FixerConfig,
  secrets: FixerSecrets,
  host: HostProcess,
  { clock, log, random, store }: { clock: Clock; log: Logger; random: () => number; store: Store },
): ApprovalChannel[] {
  const { telegram } = config;
  if (telegram && secrets.telegramBotToken !== undefined) {
    const findNonce = (reference: string) => findNonceShownAt(store.jobs, 'telegram', reference);
    const panels = createStatusPanels({
      store,
      now: () => clock.now(),
      startedAt: clock.now(),
      facts: { services: config.services.map(({ name }) => name).join(', '), sandbox: config.sandbox },
      secrets: secretValues(secrets),
    });
    const token = secrets.telegramBotToken;
    const reopen = async (reference: string, by: string) =>
      (await reopenIncident(reference, by, store.incidents)).message;
    return [new TelegramChannel({ ...telegram, token, clock, log, random, findNonce, panels, reopen })];
  }
  const terminal = { input: host.stdin, output: host.stdout };
  return isTerminal(terminal) ? [new TerminalChannel({ ...terminal, clock })] : [];
}
