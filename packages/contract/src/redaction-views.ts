// Other readings of the same text (colours stripped, escapes resolved), each knowing where its characters stand in the original.

export interface TextView {
  text: string;
  /** For each character, and for the end, where it begins in the original text; null where nothing moved. */
  origins: Uint32Array | null;
}

export function originOf(view: TextView, index: number): number {
  return view.origins ? view.origins[index]! : index;
}

const maxViews = 7;
const invisible =
  // eslint-disable-next-line no-control-regex
  /\u001b\[[0-?]{0,30}[ -/]{0,4}[@-~]|\u001b\][^\u0007\u001b]{0,500}(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]|[\u0000\u0008\u00ad\u200b-\u200f\u2060\ufeff]/g;
const jsonEscape = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["'\\/bfnrt]))/g;
const percentEscape = /%([0-7][0-9a-fA-F])/g;
const entity = /&(?:#x([0-9a-fA-F]{1,4})|#(\d{1,5})|(quot|amp|apos|lt|gt));/g;
const wrap = /[ \t]{0,20}\\?\r?\n[ \t|>]{0,40}/g;

const letters: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const entities: Record<string, string> = { quot: '"', amp: '&', apos: "'", lt: '<', gt: '>' };

const decoders: ((view: TextView) => TextView | null)[] = [
  (view) => replaceMapped(view, invisible, () => ''),
  (view) =>
    view.text.includes('\\')
      ? replaceMapped(view, jsonEscape, ([, wide, narrow, letter]) =>
          letter === undefined ? fromHex(wide ?? narrow ?? '') : (letters[letter] ?? letter),
        )
      : null,
  (view) => (view.text.includes('%') ? replaceMapped(view, percentEscape, ([, code]) => fromHex(code!)) : null),
  (view) =>
    view.text.includes('&')
      ? replaceMapped(view, entity, ([, hex, decimal, name]) =>
          name === undefined ? (hex ? fromHex(hex) : String.fromCharCode(Number(decimal) % 65_536)) : entities[name]!,
        )
      : null,
];

/** The text as it stands, then every reading that differs, each made from the one before it. */
export function viewsOf(text: string): TextView[] {
  const views: TextView[] = [{ text, origins: null }];
  for (let hasChanged = true; hasChanged && views.length < maxViews;) {
    hasChanged = false;
    for (const decode of decoders) {
      const next = decode(views.at(-1)!);
      if (!next || views.length >= maxViews) continue;
      views.push(next);
      hasChanged = true;
    }
  }
  return views;
}

/** The view with its line breaks taken out, for what was wrapped over lines; null where there are none. */
export function unwrapped(view: TextView): TextView | null {
  return view.text.includes('\n') ? replaceMapped(view, wrap, () => '') : null;
}

function replaceMapped(view: TextView, pattern: RegExp, replace: (match: RegExpExecArray) => string): TextView | null {
  const { text } = view;
  const pieces: string[] = [];
  const origins: number[] = [];
  let last = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    for (let index = last; index < match.index; index++) origins.push(originOf(view, index));
    const replacement = replace(match);
    for (let index = 0; index < replacement.length; index++) origins.push(originOf(view, match.index));
    pieces.push(text.slice(last, match.index), replacement);
    last = match.index + match[0].length;
  }
  if (last === 0) return null;
  for (let index = last; index <= text.length; index++) origins.push(originOf(view, index));
  pieces.push(text.slice(last));
  return { text: pieces.join(''), origins: Uint32Array.from(origins) };
}

function fromHex(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}
