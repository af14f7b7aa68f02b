// The status message: one message with four buttons that is edited in place to show the panel asked for.
import type { InlineKeyboardMarkup } from 'node-telegram-bot-api';
import { clip, plainText } from '../../domain/plain-text.js';
import { panelNames, type PanelName, type StatusPanels } from '../../ports/status-panels.js';
import { escapeHtml } from './card.js';

export interface Board {
  html: string;
  keyboard: InlineKeyboardMarkup;
}

const titles: Record<PanelName, string> = {
  queue: '📋 Queue Status',
  errors: '🚨 Recent Errors',
  system: '📊 System Status',
};

export async function renderBoard(panels: StatusPanels, panel: PanelName, now: number): Promise<Board> {
  const lines = await panels.read(panel);
  const button = (text: string, target: PanelName, suffix = '') => ({ text, callback_data: `d:${target}${suffix}` });
  return {
    html: [
      `<b>${titles[panel]}</b>`,
      '',
      escapeHtml(clip(plainText(lines.join('\n')), 3_800)),
      '',
      `<i>as of ${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} UTC</i>`,
    ].join('\n'),
    keyboard: {
      inline_keyboard: [
        [button(titles.queue, 'queue'), button(titles.errors, 'errors')],
        // Refresh shows again what is shown now; the button itself remembers what that is.
        [button(titles.system, 'system'), button('🔄 Refresh', panel, ':again')],
      ],
    },
  };
}

/** The panel a button of the board asks for; null for any other button. */
export function panelOf(data: string): PanelName | null {
  const [, name] = /^d:(\w+)(?::again)?$/.exec(data) ?? [];
  return panelNames.find((panel) => panel === name) ?? null;
}

/** `/status`, also as `/status@name_of_bot` in a group, and what a chat with a bot begins with. */
export function isBoardCommand(text: string): boolean {
  return /^\/(?:start|status|dashboard)(?:@\w+)?$/.test(text.trim());
}
