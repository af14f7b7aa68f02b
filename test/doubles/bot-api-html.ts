// Parses `parse_mode=HTML` as the Bot API does: what a reader sees, or the reason why the text is refused.
// Source of the rule: https://core.telegram.org/bots/api#html-style

const tags = new Set([
  'b',
  'strong',
  'i',
  'em',
  'u',
  'ins',
  's',
  'strike',
  'del',
  'a',
  'code',
  'pre',
  'blockquote',
  'tg-spoiler',
]);
const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' };

export type ParsedHtml = { isValid: true; text: string } | { isValid: false; description: string };

export function parseBotHtml(html: string): ParsedHtml {
  const open: string[] = [];
  let text = '';
  for (const { 0: token, index } of html.matchAll(/<[^>]*>|<|[^<]+/g)) {
    if (!token.startsWith('<')) {
      text += token.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) =>
        decimal || hex
          ? String.fromCodePoint(Number.parseInt((decimal ?? hex) as string, decimal ? 10 : 16))
          : (named[name as string] ?? whole),
      );
      continue;
    }
    const [, slash = '', name = ''] = /^<(\/?)([a-z][a-z0-9-]*)[^>]*>$/i.exec(token) ?? [];
    if (!tags.has(name.toLowerCase())) {
      return refuse(`Unsupported start tag "${name}" at byte offset ${Buffer.byteLength(html.slice(0, index))}`);
    }
    if (slash === '') open.push(name);
    else if (open.pop() !== name)
      return refuse(`Unmatched end tag at byte offset ${Buffer.byteLength(html.slice(0, index))}`);
  }
  return open.length > 0
    ? refuse(`Can't find end tag corresponding to start tag "${open.at(-1)}"`)
    : { isValid: true, text };
}

function refuse(reason: string): ParsedHtml {
  return { isValid: false, description: `Bad Request: can't parse entities: ${reason}` };
}
