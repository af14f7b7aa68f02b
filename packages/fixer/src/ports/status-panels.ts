// How things stand, in words, for whoever asks in a chat.

export const panelNames = ['queue', 'errors', 'system'] as const;
export type PanelName = (typeof panelNames)[number];

export interface StatusPanels {
  /** Lines of plain, redacted text. */
  read(panel: PanelName): Promise<string[]>;
}
