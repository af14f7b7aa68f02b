// Quotes untrusted text for a prompt: between marks that carry a random nonce, which the data cannot know and may not contain.
import { redactSecrets } from '@levautofix/contract/redact';
import { clip, plainText } from '../domain/plain-text.js';

export interface QuoteOptions {
  /** At least 128 random bits in hexadecimal, new for each prompt. */
  nonce: string;
  /** Values that must not leave this machine, whatever they look like. */
  secrets: readonly string[];
}

export type Quote = (name: string, text: string, maxLength: number, keep?: 'start' | 'end') => string;

/** `name` is ours, never data. Control, escape and invisible characters are taken out or made visible. */
export function quoter({ nonce, secrets }: QuoteOptions): Quote {
  return (name, text, maxLength, keep = 'start') => {
    // Enough is kept for the bound, so that cleaning an endless text costs no endless time.
    const near = keep === 'start' ? text.slice(0, maxLength * 4) : text.slice(-maxLength * 4);
    const clean = plainText(redactSecrets(near, secrets)).replaceAll(nonce, '[removed]');
    const bounded = keep === 'start' ? clip(clean, maxLength) : clipStart(clean, maxLength);
    return `<<<DATA ${nonce} ${name}\n${bounded.trimEnd()}\nDATA ${nonce}>>>`;
  };
}

function clipStart(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `…${text.slice(text.length - maxLength + 1).replace(/^[\udc00-\udfff]/, '')}`;
}
