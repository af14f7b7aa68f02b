// The first line of an error as languages print it, without a logger's header before it.
import { makeHead, type Head } from './head.js';

interface Format {
  name: string;
  /** What a line of the format can begin with; null where that is anything. */
  first: string | null;
  /** One of these stands in every line of the format; found faster than a pattern is tried. */
  guards: readonly string[];
  read(text: string): Head | null;
}

const white = ' \t\v\f\r\n\u00a0\ufeff';
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$';

const className = String.raw`(?:[\w$]+(?:\.|::|\\|\/))*(?:[A-Z][\w$]*)?(?:Error|Exception)`;
const code = String.raw`(?: ?\[\w+\])?`;
const strong = new RegExp(
  String.raw`^(?:(?:[Uu]ncaught|[Uu]nhandled)(?: [Ee]xception)?[:.]? (?:\(in promise\) )?)?(${className})(${code}): ?(.*)$`,
);
const alone = new RegExp(
  String.raw`^\s?(${className}|[A-Z][\w$]*(?:(?:\.|::|\\)[A-Z][\w$]*)+)(${code})(?: \((.*)\):?)?$`,
);
const inBrackets = new RegExp(
  String.raw`^(?:[Uu]ncaught )?\[(${className}|\w+Rejection)(${code}): (.*?)\]?(?:\s*\{)?$`,
);
const inThread = /^Exception in thread "[^"]*" ([\w.$]+)(?:: (.*))?$/;
/** Node prints a class whose name was changed with the one it was made of: `NotFound [Error]`. */
const classBefore = new RegExp(
  String.raw`(?:^|[\s:([>"'=-])(${className}|[A-Z][\w$]*(?= \[\w*(?:Error|Exception)\]$))(${code})$`,
);
const warningNames = /(?:Deprecation|Experimental|MaxListenersExceeded)?Warning\b/;

const failedAssertion = /^\S{1,100}: \S{1,300}:\d+: ?[^`]{0,500}Assertion `/;

/** Values a program prints behind `Error: ` when there was none. */
const noMessage = /^(?:0|none|null|undefined|false|no|nil|n\/a|-|""|''|\{\}|\[\])?$/i;

const goServer: Format = {
  name: 'go-server',
  first: null,
  guards: ['http: panic'],
  read: (text) => toPanic(/\bhttp: panic serving [^:]*(?::\d+)?(?:\S*): (.*)$/.exec(text)),
};

/** In order; the first that answers decides. */
const formats: readonly Format[] = [
  {
    name: 'python',
    first: `${white}T+`,
    guards: ['Traceback ('],
    read: (text) =>
      /^\s*(?:\+ Exception Group )?Traceback \(most recent call last\):/.test(text)
        ? makeHead('error', 'python', { joining: 'python', isBare: true })
        : null,
  },
  {
    name: 'go',
    first: 'pf',
    guards: ['panic: ', 'fatal error: '],
    read: (text) => toPanic(/^(?:panic: |fatal error: )(.*)$/.exec(text)),
  },
  goServer,
  {
    name: 'rust',
    first: 't',
    guards: ['panicked at '],
    read(text) {
      const match = /^thread '[^']*'(?: \(\d+\))? panicked at (.*)$/.exec(text);
      return (
        match &&
        makeHead('error', 'rust', {
          type: 'panic',
          message: match[1] ?? '',
          joining: 'rust',
          isSaidBelow: true,
          isBare: true,
        })
      );
    },
  },
  {
    name: 'dart',
    first: 'Uu',
    guards: ['nhandled exception:'],
    read: (text) =>
      /^Unhandled exception:$/i.test(text) ? makeHead('error', 'dart', { isSaidBelow: true, isBare: true }) : null,
  },
  {
    name: 'java-thread',
    first: 'E',
    guards: ['Exception in thread '],
    read(text) {
      const match = inThread.exec(text);
      return match && makeHead('error', 'java', { type: match[1] ?? '', message: match[2] ?? '', isBare: true });
    },
  },
  {
    name: 'python-thread',
    first: 'ET',
    guards: ['Exception ', 'Error in sys', 'Task exception'],
    read: (text) =>
      /^(?:Exception in thread \S+.*|Exception ignored in: .*|Error in sys\.excepthook|Task exception was never retrieved)$/.test(
        text,
      )
        ? makeHead('weak', 'python', { message: text, isBare: true })
        : null,
  },
  {
    name: 'php',
    first: 'PFRCe',
    guards: [' error: ', 'exception '],
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
    first: null,
    guards: [':in '],
    read(text) {
      const match = /^\S.*?:\d+:in [`'][^']{0,200}': (.*?)(?: \(([\w:]+)\))?$/.exec(text);
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
    first: '*',
    guards: ['** ('],
    read(text) {
      const match = /^\*\* \(([\w.]+)\) (.*)$/.exec(text);
      return match && makeHead('error', 'elixir', { type: match[1] ?? '', message: match[2] ?? '', isBare: true });
    },
  },
  {
    name: 'crash',
    first: 'StF=',
    guards: ['fault', 'terminate called', 'FATAL ERROR: ', '==ERROR: '],
    read: (text) => toCrash(/^(?:Segmentation fault|terminate called |FATAL ERROR: |==\d+==ERROR: )/.test(text), text),
  },
  {
    // V8 and Node, when they find themselves in a state that must not be.
    name: 'assertion',
    first: '#./abcdefghijklmnopqrstuvwxyz',
    guards: ['Assertion `', 'Fatal error in '],
    read: (text) =>
      toCrash(text.startsWith('# Fatal error in ') || (text.endsWith("' failed.") && failedAssertion.test(text)), text),
  },
  {
    name: 'heroku',
    first: 'E',
    guards: ['Error '],
    read(text) {
      const match = /^Error [A-Z]\d{2} \(.*\)/.exec(text);
      return match && makeHead('error', 'heroku', { message: text, isBare: true });
    },
  },
  {
    name: 'node-warning',
    first: '(',
    guards: ['(node:'],
    read(text) {
      const match = /^\(node:\d+\) (?:\[\w+\] )?(\w+): (.*)$/.exec(text);
      if (!match) return null;
      // Of two warnings of one rejection the second only explains.
      const isRejection =
        match[1]?.startsWith('UnhandledPromiseRejection') === true &&
        match[2]?.startsWith('Unhandled promise rejection. ') === false;
      return makeHead(isRejection ? 'error' : 'record', 'node-warning', {
        type: /^(\w+): /.exec(match[2] ?? '')?.[1] ?? match[1] ?? '',
        message: match[2] ?? '',
        isBare: true,
      });
    },
  },
  {
    // What the documentation of Node prints where nobody handles a rejection: the promise, then the reason.
    name: 'rejection',
    first: 'Uu',
    guards: ['Promise {'],
    read: (text) =>
      /^[Uu]nhandled (?:[Pp]romise )?[Rr]ejection(?: at)?:? Promise \{$/.test(text)
        ? makeHead('error', 'rejection', { isBare: true })
        : null,
  },
  {
    name: 'exception',
    first: `${letters}[`,
    guards: ['rror', 'xception', 'Rejection'],
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
    // Deno and browsers; errors of Deno have names of their own.
    name: 'uncaught',
    first: 'Uu',
    guards: ['ncaught '],
    read(text) {
      const match = /^[Uu]ncaught (?:\(in promise\) )?([A-Z][\w$]*): (.*)$/.exec(text);
      return match && makeHead('error', 'exception', { type: match[1] ?? '', message: match[2] ?? '', isBare: true });
    },
  },
  {
    name: 'exception-alone',
    first: `${letters}${white}`,
    guards: ['rror', 'xception', '::'],
    read(text) {
      const match = alone.exec(text.replace(/ \{$/, ''));
      if (!match || warningNames.test(match[1] ?? '')) return null;
      return makeHead('weak', 'exception', { type: match[1] ?? '', message: match[3] ?? '', isBare: true });
    },
  },
];

/** By the first character of the line, where it is ASCII. */
const formatsByFirst = Array.from({ length: 128 }, (_, code) =>
  formats.filter(({ first }) => first === null || first.includes(String.fromCharCode(code))),
);

function toCrash(isOne: boolean, text: string): Head | null {
  return isOne ? makeHead('error', 'crash', { type: 'crash', message: text, isBare: true }) : null;
}

function toPanic(match: RegExpExecArray | null): Head | null {
  return match && makeHead('error', 'go', { type: 'panic', message: match[1] ?? '', joining: 'go', isBare: true });
}

export function readExceptionHead(text: string): Head | null {
  const first = text.charCodeAt(0);
  // Frames and prose make up most lines that come here: both are told by their first characters.
  if (first === 0x20 && text.charCodeAt(1) === 0x20 && !text.includes('Traceback')) return null;
  // A line that begins with a time: of all these only one comes behind it.
  if (first >= 0x30 && first <= 0x39) return text.includes('http: panic') ? goServer.read(text) : null;
  for (const format of formatsByFirst[first] ?? formats) {
    if (!hasOne(text, format.guards)) continue;
    const head = format.read(text);
    if (head) return head;
  }
  return null;
}

function hasOne(text: string, guards: readonly string[]): boolean {
  for (const guard of guards) if (text.includes(guard)) return true;
  return false;
}

/** A class that Java ends a line with has its package. */
const classAtEnd = /(?:^|[\s:(])((?:[a-z][\w$]*\.)+[A-Z][\w$]*(?:Error|Exception))$/;
/** Longest name of a class, with its package, that is looked for. */
const maxClassLength = 120;

/** Class of an error that is named somewhere in a line of text, or empty. */
export function errorClassIn(text: string): string {
  const inObject = text.includes('[object] (') ? /\[object\] \(([\w\\]{1,200})\(code: /.exec(text) : null;
  if (inObject?.[1] !== undefined) return inObject[1].replaceAll('\\\\', '\\');
  for (let at = text.indexOf(': '); at !== -1; at = text.indexOf(': ', at + 2)) {
    const last = text.charCodeAt(at - 1);
    // `Error`, `Exception`, or a code in brackets behind them.
    if (last !== 0x72 && last !== 0x6e && last !== 0x5d) continue;
    const name = classBefore.exec(text.slice(Math.max(0, at - maxClassLength), at))?.[1];
    if (name !== undefined) return name;
  }
  const last = text.charCodeAt(text.length - 1);
  return last === 0x72 || last === 0x6e ? (classAtEnd.exec(text.slice(-maxClassLength))?.[1] ?? '') : '';
}
