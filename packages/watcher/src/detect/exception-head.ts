// The first line of an error as languages print it, without a logger's header before it.
import { makeHead, type Head } from './head.js';

interface Format {
  name: string;
  read(text: string): Head | null;
}

const className = String.raw`(?:[\w$]+(?:\.|::|\\|\/))*(?:[A-Z][\w$]*)?(?:Error|Exception)`;
const code = String.raw`(?: \[\w+\])?`;
const strong = new RegExp(
  String.raw`^(?:(?:[Uu]ncaught|[Uu]nhandled)(?: [Ee]xception)?[:.]? (?:\(in promise\) )?)?(${className})(${code}): ?(.*)$`,
);
const alone = new RegExp(
  String.raw`^\s?(${className}|[A-Z][\w$]*(?:(?:\.|::|\\)[A-Z][\w$]*)+)(${code})(?: \((.*)\):?)?$`,
);
const inBrackets = new RegExp(String.raw`^\[(${className}|\w+Rejection)(${code}): (.*?)\]?(?:\s*\{)?$`);
const inThread = /^Exception in thread "[^"]*" ([\w.$]+)(?:: (.*))?$/;
const inside = new RegExp(String.raw`(?:^|[\s:(>"'-])(${className})(${code}): `);
const warningNames = /(?:Deprecation|Experimental|MaxListenersExceeded)?Warning\b/;

/** Values a program prints behind `Error: ` when there was none. */
const noMessage = /^(?:0|none|null|undefined|false|no|nil|n\/a|-|""|''|\{\}|\[\])?$/i;

/** In order; the first that answers decides. */
const formats: readonly Format[] = [
  {
    name: 'python',
    read: (text) => read(/^\s*(?:\+ Exception Group )?Traceback \(most recent call last\):/, text, 'python'),
  },
  {
    name: 'go',
    read(text) {
      const match =
        /^(?:panic: |fatal error: )(.*)$/.exec(text) ?? /\bhttp: panic serving [^:]*(?::\d+)?(?:\S*): (.*)$/.exec(text);
      return match && makeHead('error', 'go', { type: 'panic', message: match[1] ?? '', joining: 'go', isBare: true });
    },
  },
  {
    name: 'rust',
    read(text) {
      const match = /^thread '[^']*'(?: \(\d+\))? panicked at (.*)$/.exec(text);
      return (
        match && makeHead('error', 'rust', { type: 'panic', message: match[1] ?? '', joining: 'rust', isBare: true })
      );
    },
  },
  { name: 'dart', read: (text) => read(/^Unhandled exception:$/i, text, 'dart') },
  {
    name: 'java-thread',
    read(text) {
      const match = inThread.exec(text);
      return match && makeHead('error', 'java', { type: match[1] ?? '', message: match[2] ?? '', isBare: true });
    },
  },
  {
    name: 'python-thread',
    read: (text) =>
      /^(?:Exception in thread \S+.*|Exception ignored in: .*|Error in sys\.excepthook|Task exception was never retrieved)$/.test(
        text,
      )
        ? makeHead('weak', 'python', { message: text, isBare: true })
        : null,
  },
  {
    name: 'php',
    read(text) {
      const old = /^(?:PHP )?exception '([\w\\]+)' with message '(.*?)' in /.exec(text);
      if (old) return makeHead('error', 'php', { type: old[1] ?? '', message: old[2] ?? '', isBare: true });
      const match =
        /^(?:PHP )?(?:Fatal|Parse|Recoverable fatal|Catchable fatal) error: +(?:Uncaught )?(?:([\w\\]+): )?(.*)$/.exec(
          text,
        );
      return (
        match && makeHead('error', 'php', { type: match[1] ?? 'Fatal error', message: match[2] ?? '', isBare: true })
      );
    },
  },
  {
    name: 'ruby',
    read(text) {
      const match = /^\S.*?:\d+:in [`'][^']*': (.*?)(?: \(([\w:]+)\))?$/.exec(text);
      if (!match) return null;
      return makeHead(match[2] === undefined ? 'weak' : 'error', 'ruby', {
        type: match[2] ?? '',
        message: match[1] ?? '',
        isBare: true,
      });
    },
  },
  {
    name: 'elixir',
    read(text) {
      const match = /^\*\* \(([\w.]+)\) (.*)$/.exec(text);
      return match && makeHead('error', 'elixir', { type: match[1] ?? '', message: match[2] ?? '', isBare: true });
    },
  },
  {
    name: 'crash',
    read: (text) =>
      /^(?:Segmentation fault|terminate called |FATAL ERROR: |==\d+==ERROR: )/.test(text)
        ? makeHead('error', 'crash', { type: 'crash', message: text, isBare: true })
        : null,
  },
  {
    name: 'node-warning',
    read(text) {
      const match = /^\(node:\d+\) (?:\[\w+\] )?(\w+): (.*)$/.exec(text);
      if (!match) return null;
      const isRejection = match[1]?.startsWith('UnhandledPromiseRejection') === true;
      return makeHead(isRejection ? 'error' : 'record', 'node-warning', {
        type: /(\w+): /.exec(match[2] ?? '')?.[1] ?? match[1] ?? '',
        message: match[2] ?? '',
        isBare: true,
      });
    },
  },
  {
    name: 'exception',
    read(text) {
      const match = strong.exec(text) ?? inBrackets.exec(text);
      if (!match || warningNames.test(match[1] ?? '')) return null;
      const message = (match[3] ?? '').replace(/ \{$/, '');
      return makeHead(noMessage.test(message) ? 'weak' : 'error', 'exception', {
        type: match[1] ?? '',
        message,
        isBare: true,
      });
    },
  },
  {
    name: 'exception-alone',
    read(text) {
      const match = alone.exec(text.replace(/ \{$/, ''));
      if (!match || warningNames.test(match[1] ?? '')) return null;
      return makeHead('weak', 'exception', { type: match[1] ?? '', message: match[3] ?? '', isBare: true });
    },
  },
];

function read(pattern: RegExp, text: string, joining: Head['joining']): Head | null {
  return pattern.test(text) ? makeHead('error', joining, { joining, isBare: true }) : null;
}

export function readExceptionHead(text: string): Head | null {
  const first = text.charCodeAt(0);
  // Frames and prose make up most lines that come here: both are told by their first characters.
  if (first === 0x20 && text.charCodeAt(1) === 0x20 && !text.includes('Traceback')) return null;
  for (const format of formats) {
    const head = format.read(text);
    if (head) return head;
  }
  return null;
}

/** Class of an error that is named somewhere in a line of text, or empty. */
export function errorClassIn(text: string): string {
  return inside.exec(text)?.[1] ?? '';
}
