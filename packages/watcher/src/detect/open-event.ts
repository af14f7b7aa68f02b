// An error event while its lines still come in.
import type { DetectedEvent } from '../domain/occurrence.js';
import {
  frameOf,
  indentOf,
  isAfterBlank,
  isDatabaseNote,
  isDetail,
  isExcerpt,
  isFrame,
  isGoPlace,
  isIndentedFrame,
  opensBlock,
} from './continuation.js';
import { errorClassIn, readExceptionHead } from './exception-head.js';
import type { Head, Joining } from './head.js';
import { joinMessages, readJsonRecord, splitTrace } from './json-record.js';
import { readPrintedRecord } from './printed-record.js';
import { maxRunFrames, type LogFrames } from './frames-below.js';
import { SeenEvent } from './seen-event.js';
import type { SourceLine } from './source-line.js';

/** What a line is to an open event. */
export type Joined = 'taken' | 'held' | 'foreign' | 'over';

/** Lines without any structure between the head and its first frame: messages of more than one line. */
const maxHeld = 30;
/** An event of more lines than this goes on without an end in sight: a damaged log, not a trace. */
const maxLines = 2000;
/** Records of others inside a trace, where nothing tells one writer's lines from another's. */
const maxForeign = 2;
/** Lines between what a logger says of a Python error and its trace. */
const maxBeforeTraceback = 2;
/** Lines of other streams while an event of this one is open. */
const maxOtherStreams = 500;

/** The class of a Python error, with its message or alone; and what chains two traces. */
const endOfTraceback = /^(?:[A-Za-z_][\w.<>]*(?:: |:?$)|> File |Traceback |During handling |The above exception )/;
/** Nest, in place of a message. */
const objectGiven = /^Object(?::|\(\d+\))$/;
const isTraceback = /^\s*(?:\+ Exception Group )?Traceback \(/;

export class OpenEvent {
  readonly head: Head;
  readonly stream: string;
  readonly startOffset: number;
  readonly #context: string;
  readonly startLine: number;
  endLine: number;
  endOffset: number;
  grownAt: number;
  frames = 0;
  #type: string;
  #message: string;
  #stack: readonly string[];
  /** False while the list is one that other events have too. */
  #isOwnStack = false;
  /** First and last line of each piece, where lines of others lie between. */
  readonly #pieces: number[];
  #lineCount: number;
  /** Most events have none, so there is no list until there is one. */
  #held: SourceLine[] | null = null;
  #blockIndent = -1;
  readonly #headIndent: number;
  /** Of the lines below the first, the least; negative before there is one. */
  #bodyIndent = -1;
  #isPythonOver = false;
  #joining: Joining;
  #foreign = 0;
  /** Frames on this line belong to the record above it, which names an error of its own. */
  #foreignTrace = 0;
  #others = 0;
  #details: string[] | null = null;
  #hasFields = false;

  constructor(
    head: Head,
    line: SourceLine,
    preamble: { line: number; offset: number } | null,
    context: string,
    now: number,
  ) {
    this.head = head;
    this.stream = line.stream;
    this.startLine = preamble?.line ?? line.number;
    this.startOffset = preamble?.offset ?? line.offset;
    this.endLine = line.lastNumber;
    this.#pieces = [this.startLine, this.endLine];
    this.#lineCount = this.endLine - this.startLine + 1;
    this.endOffset = line.end;
    this.#context = context;
    this.grownAt = now;
    this.#joining = head.joining;
    this.#type = head.type;
    this.#message = head.message;
    this.#headIndent = indentOf(line.text);
    this.#stack = head.stack ?? [];
    this.#openBlock(line.text);
  }

  /** A head may prove itself only by what is printed below it: frames, or the fields of an error without frames. */
  get isProven(): boolean {
    return this.head.kind === 'error' || this.frames > 0 || (this.#hasFields && this.head.type !== '');
  }

  /** A record of another writer came in between; nothing but the look of a line tells whether the event goes on. */
  get isInterrupted(): boolean {
    return this.#foreign > 0 && this.stream === '';
  }

  get isWhole(): boolean {
    return this.head.isWhole;
  }

  /** The lines of a record that is printed over several of them; null of any other event. */
  get printed(): string | null {
    return this.#joining === 'printed' ? ['{', ...(this.#details ?? [])].join('\n') : null;
  }

  /** Decides on a line of this stream. `headOf` tells what the line would be by itself, for which most have no need. */
  join(line: SourceLine, headOf: (line: SourceLine) => Head, now: number): Joined {
    if (this.#lineCount > maxLines) return 'over';
    if (this.#foreignTrace === line.number && isIndentedFrame(line.text)) return 'over';
    if (this.#isNextFrame(line.text) || (this.#blockIndent >= 0 && isInBlock(line.text))) {
      this.#take(line, now);
      return 'taken';
    }
    const head = headOf(line);
    const own = head.format === 'stamped' ? withText(line, head.message) : line;
    const joined = this.#decide(own, head);
    if (joined === 'taken') this.#take(own, now);
    else if (joined === 'held') (this.#held ??= []).push(line);
    else if (joined === 'foreign') {
      this.#foreign += 1;
      if (errorClassIn(line.text) !== '') this.#foreignTrace = line.number + 1;
      // Only a trace that has begun, or has an error to show frames for, is waited for.
      const grace = this.frames > 0 || this.#type !== '' ? maxForeign : 0;
      if (this.#foreign > grace) return 'over';
    }
    return joined;
  }

  /** Whether a few frames right below need no more than to be taken. */
  get takesRuns(): boolean {
    if (this.#lineCount > maxLines - maxRunFrames || (this.#foreign > 0 && this.#foreignTrace > 0)) return false;
    return this.stream === '' && this.#joining === 'frames' && this.#blockIndent < 0 && this.#held === null;
  }

  /** The lines from `firstLine` on are frames that were read before. */
  takeRun({ stack, isBlockOpen, indent }: LogFrames, firstLine: number, endOffset: number, now: number): void {
    this.#noteIndent(indent);
    if (this.#stack.length === 0) {
      this.#stack = stack;
      this.#isOwnStack = false;
    } else for (const frame of stack) this.#addFrame(frame);
    this.frames += stack.length;
    this.#countLines(firstLine, firstLine + stack.length - 1);
    this.endOffset = endOffset;
    if (isBlockOpen) this.#blockIndent = this.#headIndent;
    this.#foreign = 0;
    this.#others = 0;
    this.grownAt = now;
  }

  /** A line of another stream went by. */
  passBy(): Joined {
    this.#others += 1;
    return this.#others > maxOtherStreams ? 'over' : 'foreign';
  }

  #isNextFrame(text: string): boolean {
    return this.#joining === 'frames' && this.#blockIndent < 0 && this.#held === null && isIndentedFrame(text);
  }

  #decide(line: SourceLine, head: Head): Joined {
    const { text } = line;
    if (this.head.isWhole) return 'over';
    if (this.#joining === 'printed') return this.#decidePrinted(text);
    const isHolding = this.#held !== null;
    if (text.trim() === '') {
      if (this.#blockIndent >= 0) return 'taken';
      return (this.#held?.length ?? 0) < maxHeld ? 'held' : 'over';
    }
    const isRecord = head.kind === 'record' || head.kind === 'error';
    const isBehindBlank = isHolding && this.#held?.at(-1)?.text.trim() === '';
    if (this.#blockIndent >= 0) {
      if (/^[\s}\])]/.test(text)) return 'taken';
      if (isRecord) return 'foreign';
      this.#blockIndent = -1;
      return isFrame(text) ? 'taken' : 'over';
    }
    if (this.#joining === 'python') return this.#decidePython(text, head, isBehindBlank);
    if (isBehindBlank && (this.frames > 0 || /^Node\.js v|^Caused by:$/.test(text)))
      return isAfterBlank(text) ? 'taken' : 'over';
    if (isFrame(text) || isDetail(this.#joining, text)) return 'taken';
    if (this.frames > 0 && !isHolding && isExcerpt(text)) return 'taken';
    if (isHolding && this.frames > 0) return 'over';
    if (this.#lineCount === 1 && (this.head.isSaidBelow || (text === '{' && objectGiven.test(this.head.message))))
      return 'taken';
    if (/^\s/.test(text) && !isHolding && this.#foreign === 0 && this.#isInside(text)) return 'taken';
    if (this.#joinsHead(head)) return 'taken';
    if (isRecord) return this.#goesOn(head) ? 'taken' : 'foreign';
    if (head.kind === 'weak' && (this.head.kind !== 'weak' || this.#isOutdone(head, text))) return 'over';
    if (this.frames > 0 || this.#foreign > 0) return 'over';
    return (this.#held?.length ?? 0) < maxHeld ? 'held' : 'over';
  }

  /** Of two heads that prove nothing by themselves the later one is nearer to the frames that may come. */
  #isOutdone({ type }: Head, text: string): boolean {
    return this.frames === 0 && type !== '' && indentOf(text) <= this.#headIndent;
  }

  /** What is indented no more than the head, or less than all that came below it, is the line of another. */
  #isInside(text: string): boolean {
    const indent = indentOf(text);
    return this.frames === 0 ? indent > this.#headIndent : indent >= this.#bodyIndent;
  }

  /** Up to the brace that closes the object. */
  #decidePrinted(text: string): Joined {
    return this.#details?.at(-1) !== '}' && /^[\s}]/.test(text) ? 'taken' : 'over';
  }

  #decidePython(text: string, head: Head, isBehindBlank: boolean): Joined {
    const isIndented = /^\s/.test(text);
    if (!this.#isPythonOver) {
      if (isIndented) return 'taken';
      if (head.kind === 'record' || head.isWhole) return 'foreign';
      return endOfTraceback.test(text) || text.trim() === '' ? 'taken' : 'over';
    }
    if (isBehindBlank) {
      const isChained = /^(?:During handling of |The above exception )/.test(this.#stack.at(-1) ?? '');
      return isAfterBlank(text) || (isChained && isTraceback.test(text)) ? 'taken' : 'over';
    }
    return isIndented || isDetail('python', text) ? 'taken' : 'over';
  }

  /** Programs that write one error as several records in a row. */
  #goesOn(head: Head): boolean {
    if (this.#foreign > 0 || head.format !== this.head.format) return false;
    return head.format === 'npm' || (head.level !== null && /^(?:detail|hint|statement|context)$/.test(head.level));
  }

  /** A logger's line and the error printed right below it are one event. */
  #joinsHead(head: Head): boolean {
    if (head.kind !== 'error' && head.kind !== 'weak') return false;
    if (this.frames > 0 || this.#foreign > 0) return false;
    const between = this.#held?.filter(({ text }) => text.trim() !== '').length ?? 0;
    if (head.joining === 'python') return between <= (this.head.isBare ? 0 : maxBeforeTraceback);
    if (between > 0 || this.head.isBare) return false;
    // Programs that print an error after they have logged it.
    if (this.head.time !== null && head.time === null && head.message === this.#message) return true;
    if (!head.isBare) return head.kind === 'weak' && head.time === null && this.#type === '';
    if (this.#type === '' || isQualified(head.type)) return true;
    return this.#type === head.type && this.#message.includes(head.message);
  }

  #take(line: SourceLine, now: number): void {
    const held = this.#held;
    this.#held = null;
    if (this.#joining === 'frames' && isGoPlace(line.text)) this.#joining = 'go';
    if (held) for (const before of held) this.#add(before);
    this.#add(line);
    this.#foreign = 0;
    this.#others = 0;
    this.grownAt = now;
  }

  #add(line: SourceLine): void {
    const { text } = line;
    this.#countLines(line.number, line.lastNumber);
    this.endOffset = line.end;
    if (this.#blockIndent >= 0) {
      if (/^\s*[}\])]/.test(text) && indentOf(text) <= this.#blockIndent && !opensBlock(text)) this.#blockIndent = -1;
      this.#addBlockLine(text);
      return;
    }
    if (this.#joining === 'printed') {
      (this.#details ??= []).push(text);
      return;
    }
    this.#noteIndent(indentOf(text));
    if (this.#joining === 'frames' && isTraceback.test(text)) this.#joining = 'python';
    if (this.#joining === 'python') this.#addPython(text);
    else this.#addText(text);
    if (text === '{' && objectGiven.test(this.head.message)) this.#blockIndent = 0;
    if (text.endsWith(' {') && (isFrame(text) || /^\[?[\w.$]+(?:Error|Exception)\b/.test(text))) this.#openBlock(text);
  }

  #countLines(first: number, last: number): void {
    this.#lineCount += last - first + 1;
    this.endLine = last;
    if (this.#pieces.at(-1) === first - 1) this.#pieces[this.#pieces.length - 1] = last;
    else this.#pieces.push(first, last);
  }

  #noteIndent(indent: number): void {
    if (indent > 0 && (this.#bodyIndent < 0 || indent < this.#bodyIndent)) this.#bodyIndent = indent;
  }

  #addFrame(text: string): void {
    if (this.#isOwnStack) {
      (this.#stack as string[]).push(text);
      return;
    }
    this.#stack = [...this.#stack, text];
    this.#isOwnStack = true;
  }

  #addText(text: string): void {
    const trimmed = text.trim();
    if (isIndentedFrame(text)) {
      this.frames += 1;
      this.#addFrame(frameOf(text));
      return;
    }
    if (isFrame(text) || isDetail(this.#joining, text)) {
      this.frames += 1;
      this.#addFrame(frameOf(text));
      return;
    }
    // What a database was asked for differs from one occurrence to the next.
    if (isDatabaseNote(text)) {
      this.#addFrame(trimmed);
      return;
    }
    if (this.frames > 0 || trimmed === '' || /^Node\.js v\d/.test(trimmed)) return;
    // Below a line of the source that is shown: neither is said by the error.
    if (/^\^+$/.test(trimmed)) {
      this.#details?.pop();
      return;
    }
    const mayNameClass = !this.head.isBare || (this.head.isSaidBelow && this.#type === '');
    const head = mayNameClass ? readExceptionHead(trimmed) : null;
    if (head && (this.#details === null || this.#type === '')) {
      if (head.type !== '') this.#type = head.type;
      this.#message = joinMessages(this.#message, head.message);
      return;
    }
    (this.#details ??= []).push(trimmed);
  }

  #addPython(text: string): void {
    if (/^\s/.test(text) || /^Traceback /.test(text)) {
      this.frames += 1;
      if (/^[\s|+]*File "/.test(text)) this.#addFrame(text.trim());
      this.#isPythonOver = false;
      return;
    }
    if (/^(?:During handling of |The above exception )/.test(text)) {
      this.#addFrame(text.trim());
      return;
    }
    if (text.trim() === '' || this.#isPythonOver) return;
    const head = readExceptionHead(text) ?? /^(?<type>[\w.]+): (?<message>.*)$/.exec(text)?.groups;
    this.#type = head?.type ?? text.trim();
    const message = head?.message ?? '';
    this.#message = joinMessages(this.head.message, message);
    this.#isPythonOver = true;
  }

  #addBlockLine(text: string): void {
    this.#hasFields = true;
    this.#addField(text);
    const thrown = /^(?:\s*<rejected>|\} reason:) (.*)$/.exec(text)?.[1];
    if (thrown !== undefined) {
      this.#addThrown(thrown);
      return;
    }
    const cause = /^\s*\[?(cause|errors?)\]?: (?:([\w$.]+(?: \[\w+\])?): (.*)|\[)$/.exec(text);
    if (cause?.[2] !== undefined) this.#addFrame(`Caused by: ${cause[2]}: ${cause[3] ?? ''}`);
    else if (/^\s+at \S/.test(text)) this.#addFrame(text.trim().replace(/[,{\s]{1,8}$/, ''));
  }

  /** What only the fields say: Sequelize names its errors there, Nest prints an object that it was given. */
  #addField(text: string): void {
    if (objectGiven.test(this.head.message)) {
      if (!/^[{}]$/.test(text)) (this.#details ??= []).push(text.trim());
      return;
    }
    if (/\s/.test(this.#message)) return;
    const [, name, value = ''] = /^ {2}(name|message|parent|original): (.*?),?$/.exec(text) ?? [];
    if (name === undefined) return;
    const said = /^(['"`])(.*)\1$/.exec(value)?.[2];
    if (name === 'name') {
      if (said !== undefined && (this.#type === '' || this.#type === 'Error')) this.#type = said;
    } else if (name === 'message') this.#message = said ?? this.#message;
    else if (this.#message === '') this.#message = readExceptionHead(value)?.message ?? value.replace(/^\w+: /, '');
  }

  /** What a promise was rejected with; as the reason it is printed once more. */
  #addThrown(text: string): void {
    const head = readExceptionHead(text);
    this.#type = head?.type ?? '';
    this.#message = head?.message ?? text;
    this.#stack = [];
    this.#isOwnStack = false;
  }

  #readPrinted(text: string): void {
    const record = readPrintedRecord(text);
    const head = record === null ? null : readJsonRecord(record);
    this.#details = null;
    this.#type = head?.type ?? '';
    this.#message = head?.message ?? text;
    this.#stack = head?.stack ?? [];
    this.head.time = head?.time ?? null;
    this.head.traceId = head?.traceId ?? null;
    this.head.request = head?.request ?? null;
  }

  #openBlock(text: string): void {
    if (opensBlock(text) && this.#joining === 'frames') this.#blockIndent = this.#headIndent;
  }

  finish(): DetectedEvent {
    const { printed } = this;
    if (printed !== null) this.#readPrinted(printed);
    // Frames set off what was said; without them it may be anything.
    const details = this.frames > 0 ? this.#details : this.#details?.slice(0, 5);
    const said = details ? `${this.#message}\n${details.join('\n')}` : this.#message;
    const message = said.trim();
    const whole = this.head.isWhole || this.#message !== '' ? null : splitTrace(message);
    const error = { type: this.#type || 'Error', message: whole?.message ?? message, stack: this.#stack as string[] };
    const event: DetectedEvent = new SeenEvent(
      error,
      this.head,
      this.#message,
      this.#context,
      this.startLine,
      this.endLine,
    );
    if (this.#pieces.length > 2) event.lines = numbersOf(this.#pieces);
    return event;
  }
}

/** A class with its package: Java prints it in traces alone, which stand below the line of the logger. */
function isQualified(type: string): boolean {
  return /^(?:[a-z][\w$]*\.)+[A-Z][\w$]*$/.test(type);
}

/** A field of the error, or what closes the block: no logger's line begins so. */
function isInBlock(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === 0x7d || first === 0x09 || (first === 0x20 && text.charCodeAt(1) === 0x20);
}

function withText(line: SourceLine, text: string): SourceLine {
  return { ...line, text };
}

function numbersOf(pieces: readonly number[]): number[] {
  const numbers: number[] = [];
  for (let index = 0; index < pieces.length; index += 2)
    for (let number = pieces[index] ?? 0; number <= (pieces[index + 1] ?? 0); number++) numbers.push(number);
  return numbers;
}
