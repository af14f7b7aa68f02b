// Which lines below the first belong to an error, by the look of the line and what came before.
import { maxFrameLength } from '../domain/frame-length.js';
import type { Joining } from './head.js';

const location = String.raw`(?::\d+(?::\d+)?|native|<anonymous>|Unknown Source|Native Method|index \d+)\)?`;
/** Of a trace of Go: the function stands on the line above it. */
const goPlace = /^\t\S+\.(?:go|s):\d+$/;
/** Node's words below a value that was thrown and is no error. */
const thrownValue = /^\(Use `node --trace-uncaught/;
/** What a frame looks like in any language; a single line tells. */
const frames: readonly RegExp[] = [
  new RegExp(String.raw`^at (?:async |new )?\S.*(?:${location}\)?|\(.*\)| \[as \w+\].*)\s*\{?$`),
  /^\s*\.\.\. (?:\d+ (?:more|common frames omitted)|\d+ lines matching)/,
  /^\s*\[?\.\.\. \d+ (?:lines matching|more items)/,
  /^\s*(?:Caused by|Suppressed|Wrapped by|caused by|Caused By): /,
  /^[\s|+]*File "[^"]*", line \d+/,
  /^\s*(?:from )?(?:\/|\.|[\w@-]+\/|<)?[^\s:]*:\d+:in [`'"]/,
  /^\s+\d+: from /,
  /^#\d+ /,
  /^\s+#\d+ /,
  /^(?:PHP )?Stack trace:$/,
  /^PHP +\d+\. /,
  /^\[(?:stacktrace|previous exception)\]/,
  /^\s+thrown in /,
  /^\s+\([\w.]+(?: [\w.+-]+)?\) \S+:\d+: /,
  /^\s*--- End of /,
  /^\s*---> /,
  /^[\w$.<>/*]*@\S+:\d+:\d+$/,
  /^Emitted '\w+' event /,
  thrownValue,
  /^(?:(?:From previous event|Thrown at):|for call at)$/,
  /^-{20,}$/,
  /^"\}\s*$/,
  /^ ?\d+: (?:0x[0-9a-f]+|[0-9A-F]{16}) /,
  goPlace,
];

export function isFrame(text: string): boolean {
  return isIndentedFrame(text) || anyFrame.test(text.length > maxFrameLength ? text.slice(0, maxFrameLength) : text);
}

const anyFrame = new RegExp(frames.map((frame) => frame.source).join('|'));

/** A frame of JavaScript, Java or C#, which is what most lines below an error are: white space, `at`, a place. */
export function isIndentedFrame(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first !== 0x20 && first !== 0x09) return false;
  const at = indentOf(text);
  return text.charCodeAt(at) === 0x61 && text.charCodeAt(at + 1) === 0x74 && text.charCodeAt(at + 2) === 0x20;
}

/** A frame that names a place: only such a one proves that the line above it was the head of an error. */
const placedFrame = new RegExp(String.raw`^\s*at .*(?:${location})\)?(?: \{)?$`);

export function isPlacedFrame(text: string): boolean {
  return text.length <= maxFrameLength && (placedFrame.test(text) || thrownValue.test(text));
}

/** Lines that go on behind one blank line. */
const afterBlank =
  /^(?:Node\.js v\d|goroutine \d|\[signal |exit status |During handling of |The above exception |\[SQL: |Stack trace:|#0 |created by |rax |runtime: |\s+at |\s+\[cause\]: |\s*Caused by:$|\[previous exception\] |Emitted )/;

export function isAfterBlank(text: string): boolean {
  return afterBlank.test(text);
}

const goLine =
  /^(?:goroutine \d+ |created by |\s+\S+\.(?:go|s):\d+|[\w./*()[\]{}·$-]+\(.*\)$|\[signal |\s*panic: |exit status \d|\.\.\.(?:additional|\d+) |\[recovered\]|\S+\.(?:go|s):\d+ |(?:main\.|[\w.-]+\/)[\w./()*·-]+$)/;
const databaseDetail =
  /^(?:DETAIL|HINT|LINE \d+|CONTEXT|STATEMENT): |^\[(?:SQL|parameters): |^\(Background on this error|^(?:Last message|State|Initial Call|Ancestors)(?: \([^)]*\))?: /;
const rustLine = /^(?:note: |stack backtrace:|\s+\d+: |\s+at )/;

/** Lines that one kind of trace takes although they look like nothing by themselves. */
export function isDetail(joining: Joining, text: string): boolean {
  if (joining === 'go') return goLine.test(text);
  if (joining === 'rust') return rustLine.test(text);
  return databaseDetail.test(text);
}

export function isGoPlace(text: string): boolean {
  return goPlace.test(text);
}

/** Lines of source with their numbers, as compilers and development servers print them below a trace. */
export function isExcerpt(text: string): boolean {
  return /^(?:>\s{0,6}\d{1,6}|\s{1,8}>?\s{0,8}\d{0,6}) \|(?:\s|$)/.test(text);
}

/** PostgreSQL explains an error in records of their own. */
export function isDatabaseNote(text: string): boolean {
  return /\b(?:DETAIL|HINT|CONTEXT|STATEMENT): /.test(text);
}

/** Of each kind of frame what stands in it, wherever a logger's header before it ends. */
const inFrames =
  /\bat |\.\.\. |aused |uppressed: |rapped by: |File "|:in [`'"]|: from |#\d|[Ss]tack ?trace|PHP|previous |for call at|\.go:|\.s:|thrown in |Thrown at|trace-uncaught|---|@\S+:\d|mitted '|"\}|\d: (?:0x|[0-9A-F]{16})|\) \S+:\d/;
const detailLevels = /detail|hint|statement|context/i;

/** Whether the line may belong to an error that has frames already: told fast, and too often rather than too seldom. */
export function mayBelong(text: string): boolean {
  return /^[\s>]|^$/.test(text) || inFrames.test(text) || databaseDetail.test(text) || detailLevels.test(text);
}

export function indentOf(text: string): number {
  let indent = 0;
  while (text.charCodeAt(indent) === 0x20 || text.charCodeAt(indent) === 0x09) indent += 1;
  return indent;
}

/** A frame as it is kept: without white space, and without the brace that opens further fields of the error. */
export function frameOf(text: string): string {
  const frame = text.trim();
  return frame.endsWith(' {') ? frame.slice(0, -2) : frame;
}

/** `util.inspect` prints further fields of an error in braces behind its head or its last frame. */
export function opensBlock(text: string): boolean {
  return text.endsWith('{') && /[^\s{[(][ \t]{1,2}\{$/.test(text);
}
