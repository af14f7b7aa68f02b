// Turns the bytes of one log source into error events: reads only the lines that a prefilter picks, and what follows them.
import type { EventDetector } from '../domain/event-detector.js';
import type { DetectedEvent } from '../domain/occurrence.js';
import { indentOf, isFrame, isPlacedFrame, mayBelong } from './continuation.js';
import { readHead } from './formats.js';
import { FrameRuns } from './frame-runs.js';
import { makeHead, type Head } from './head.js';
import type { JsonOption, RecordFrames } from './json-record.js';
import { isErrorLevel } from './levels.js';
import { LinePieces } from './line-pieces.js';
import { historyBytes, LinesAbove } from './lines-above.js';
import { FramesBelow, maxFrameBytes } from './frames-below.js';
import { OpenEvent } from './open-event.js';
import { createOpenPrefilter, type CreatePrefilter, type Prefilter } from './prefilter.js';
import { linesOfObject, maxLinesAbove, printedLevel } from './printed-record.js';
import { rareLiterals } from './rare-literals.js';
import { mayBeRecord, RecordTemplates } from './record-templates.js';
import { holdsFrame, RunnerPrefixes } from './runner-prefixes.js';
import { createFastPrefilter } from './simd-prefilter.js';
import { bareLine, readSourceLine, stripPrefix, type SourceLine } from './source-line.js';
import { compileUserRules, type UserRules } from './user-rules.js';
import { WholeEvent, type ClosedEvent } from './whole-event.js';

export interface DetectorOptions {
  createPrefilter?: CreatePrefilter;
  rules?: UserRules;
  /** An event that has not grown for this long is ended by `flush`. */
  joinTimeoutMs?: number;
  /** Longer lines are cut here, with a marker. */
  maxLineBytes?: number;
  /** Lines before an event that are kept with it. */
  contextLines?: number;
}

/** A detector that can be read into without a copy: fill `reserve()`, then `commit` what was read. */
export interface ByteDetector extends EventDetector {
  reserve(): Uint8Array;
  commit(length: number, now: number): DetectedEvent[];
  /** Like `commit`, but hands each event out as soon as it is complete: none waits in memory for the end of what was read. */
  commitEach(length: number, now: number, take: TakeEvent): void;
  /** Lines seen so far. */
  readonly lines: number;
}

export type TakeEvent = (event: DetectedEvent) => void;

export const readBytes = 256 * 1024;
const cutMarker = ' … [cut]';
const newline = 10;

export function createEventDetector(options: DetectorOptions = {}): ByteDetector {
  return new Detector(options);
}

class Detector implements ByteDetector {
  cutLines = 0;
  readonly #prefilter: Prefilter;
  readonly #memory: Buffer;
  readonly #joinTimeoutMs: number;
  readonly #maxLineBytes: number;
  readonly #contextLines: number;
  readonly #pieces: LinePieces;
  readonly #rules: ReturnType<typeof compileUserRules>;
  readonly #option: JsonOption;
  /** None before there is a record; and none where the user has rules, which may tell apart what is alike to all others. */
  #templates: RecordTemplates | null = null;
  /** Bytes of the source that lie before `#memory[0]`. */
  #base = 0;
  /** Everything before it is accounted for or history. */
  #at = 0;
  #filled = 0;
  /** Number of the line that begins at `#at`. */
  #lineNumber = 1;
  /** Bytes up to the next line end belong to a line that was cut. */
  #isSkipping = false;
  #open: OpenEvent[] = [];
  #closed: ClosedEvent[] = [];
  readonly #prefixes = new RunnerPrefixes();
  readonly #above: LinesAbove;
  readonly #below: FramesBelow;
  /** What the prefilter answered last, of all up to `#hitTo`. */
  #hit = -1;
  #hitTo = -1;
  #lastTaken = 0;
  /** Where the last event ends that was proven. */
  #endedTo = 0;
  #isAtStart = true;
  /** Nothing before it is waited for any more. */
  #settledTo = 0;
  #readAt = 0;

  constructor(options: DetectorOptions) {
    this.#joinTimeoutMs = options.joinTimeoutMs ?? 2000;
    this.#maxLineBytes = options.maxLineBytes ?? 64 * 1024;
    this.#contextLines = options.contextLines ?? 10;
    this.#pieces = new LinePieces(this.#maxLineBytes);
    this.#rules = compileUserRules(options.rules ?? {});
    this.#option = { ...this.#rules.option, runs: new FrameRuns<RecordFrames>() };
    const create = this.#rules.needsEveryLine ? createOpenPrefilter : (options.createPrefilter ?? createFastPrefilter);
    this.#prefilter = create(historyBytes + this.#maxLineBytes + 2 * readBytes, [
      ...rareLiterals,
      ...this.#rules.literals,
    ]);
    const { memory } = this.#prefilter;
    // A view, for the searching and decoding that Buffer has and Uint8Array has not.
    this.#memory = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#above = new LinesAbove(this.#memory, this.#prefixes);
    this.#below = new FramesBelow(this.#memory);
  }

  get lines(): number {
    return this.#lineNumber - 1;
  }

  get pendingBytes(): number {
    let from = this.#base + this.#at;
    // The last line is the head of an error, if a frame should follow.
    const lastLine = this.#at > 1 ? this.#memory.lastIndexOf(newline, this.#at - 2) + 1 : 0;
    if (lastLine > 0 || this.#base === 0) from = Math.max(this.#settledTo, this.#lastTaken, this.#base + lastLine);
    from = Math.min(from, this.#pieces.startOffset, this.#openObjectOffset());
    for (const event of this.#open) from = Math.min(from, event.startOffset);
    for (const event of this.#closed) from = Math.min(from, event.startOffset);
    return this.#base + this.#filled - from;
  }

  /** Where an object begins that is printed over several lines and has not ended: its level may be still to come. */
  #openObjectOffset(): number {
    const offset = this.#base + this.#at;
    const next = bareLine('', this.#lineNumber, offset, offset);
    for (const line of this.#above.upwards(this.#at, next, maxLinesAbove)) {
      if (line.text === '{') return line.offset < Math.max(this.#settledTo, this.#endedTo) ? Infinity : line.offset;
      if (!/^\s/.test(line.text)) break;
    }
    return Infinity;
  }

  reserve(): Uint8Array {
    if (this.#memory.length - this.#filled < readBytes) this.#compact();
    return this.#memory.subarray(this.#filled, this.#filled + readBytes);
  }

  push(bytes: Uint8Array, now: number): DetectedEvent[] {
    const events: DetectedEvent[] = [];
    for (let from = 0; from < bytes.length; from += readBytes) {
      const piece = bytes.subarray(from, from + readBytes);
      this.reserve().set(piece);
      events.push(...this.commit(piece.length, now));
    }
    return events;
  }

  commit(length: number, now: number): DetectedEvent[] {
    return collect((take) => this.commitEach(length, now, take));
  }

  commitEach(length: number, now: number, take: TakeEvent): void {
    const from = this.#filled;
    this.#filled += length;
    this.#readAt = now;
    const lastNewline = this.#memory.subarray(0, this.#filled).lastIndexOf(newline);
    if (lastNewline >= from) this.#scan(lastNewline + 1, now, take);
    this.#cutLongLine(now);
    this.#release(take);
  }

  flush(now: number): DetectedEvent[] {
    if (now - this.#readAt >= this.#joinTimeoutMs) this.#takePieces(now);
    for (const event of [...this.#open]) if (now - event.grownAt >= this.#joinTimeoutMs) this.#close(event);
    if (now - this.#readAt >= this.#joinTimeoutMs) this.#settledTo = this.#base + this.#at;
    return collect((take) => this.#release(take));
  }

  end(): DetectedEvent[] {
    if (this.#filled > this.#at) {
      if (!this.#isSkipping) this.#step(this.#at, this.#filled, this.#filled, Number.MAX_SAFE_INTEGER);
      this.#at = this.#filled;
      this.#lineNumber += 1;
    }
    this.#isSkipping = false;
    this.#takePieces(Number.MAX_SAFE_INTEGER);
    for (const event of [...this.#open]) this.#close(event);
    this.#isAtStart = true;
    this.#settledTo = this.#lastTaken = this.#base + this.#filled;
    return collect((take) => this.#release(take));
  }

  /** Reads the complete lines up to `to`. */
  #scan(to: number, now: number, take: TakeEvent): void {
    this.#hitTo = -1;
    if (this.#isSkipping) {
      this.#at = this.#memory.indexOf(newline, this.#at) + 1;
      this.#lineNumber += 1;
      this.#isSkipping = false;
    }
    if (this.#isAtStart && this.#at < to) {
      // Literals that begin with a line end cannot match in the first line.
      this.#isAtStart = false;
      this.#stepNext(to, now);
    }
    while (this.#at < to) {
      if (this.#closed.length > 0) this.#release(take);
      if (this.#open.length > 0) this.#closeInterrupted();
      if (this.#open.length > 0) {
        if (!this.#joinRun(to, now) && !this.#stepOver(to)) this.#stepNext(to, now);
        continue;
      }
      if (!this.#pieces.isEmpty) {
        this.#stepNext(to, now);
        continue;
      }
      // From the line end before, for literals that begin with one.
      const from = this.#at > 0 ? this.#at - 1 : 0;
      const hit = this.#nextHit(from, to);
      if (hit === -1) {
        this.#lineNumber += this.#prefilter.countLines(this.#at, to);
        this.#at = to;
        return;
      }
      const place = this.#memory[hit] === newline ? hit + 1 : hit;
      if (place >= to) {
        this.#lineNumber += this.#prefilter.countLines(this.#at, to);
        this.#at = to;
        return;
      }
      const start = Math.max(this.#at, this.#memory.lastIndexOf(newline, place - 1) + 1);
      if (start > this.#at) this.#lineNumber += this.#prefilter.countLines(this.#at, start);
      this.#at = start;
      this.#stepNext(to, now);
    }
  }

  /** An interrupted event goes on only with a line that is indented or closes a block. */
  #closeInterrupted(): void {
    if (mayGoOn(this.#memory[this.#at])) return;
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const event = this.#open[index];
      if (event?.isInterrupted === true) this.#close(event);
    }
  }

  /**
   * Passes over a line at which no event may begin, below the frames of one that ends there: it is a record of another
   * writer, behind which no line follows that could belong to the event.
   */
  #stepOver(to: number): boolean {
    const [event] = this.#open;
    if (this.#open.length !== 1 || event?.takesRuns !== true || event.frames === 0 || !this.#pieces.isEmpty)
      return false;
    const start = this.#at;
    const end = this.#memory.indexOf(newline, start);
    if (end === -1 || end + 1 >= to || end - start > maxFrameBytes || mayGoOn(this.#memory[end + 1])) return false;
    const hit = this.#nextHit(Math.max(0, start - 1), to);
    if (hit !== -1 && hit < end) return false;
    const text = this.#memory.toString('utf8', start, end);
    const line = readSourceLine(text, this.#lineNumber, this.#base + start, this.#base + end + 1, this.#prefixes);
    if (!line.isBare || mayBelong(text)) return false;
    this.#close(event);
    this.#at = end + 1;
    this.#lineNumber += 1;
    return true;
  }

  /** Where the prefilter finds something next, kept until it is passed: an event that ends asks for what the search asks again. */
  #nextHit(from: number, to: number): number {
    if (this.#hitTo !== to || (this.#hit !== -1 && this.#hit < from)) {
      this.#hit = this.#prefilter.next(from, to);
      this.#hitTo = to;
    }
    return this.#hit;
  }

  /** Takes frames that were seen before without reading them again. */
  #joinRun(to: number, now: number): boolean {
    const first = this.#memory[this.#at];
    // The latest is asked first, and takes them.
    const event = this.#open.at(-1);
    if ((first !== 0x20 && first !== 0x09) || event?.takesRuns !== true) return false;
    const run = this.#below.read(this.#at, to);
    if (!run) return false;
    const end = this.#at + run.source.length;
    event.takeRun(run, this.#lineNumber, this.#base + end, now);
    this.#at = end;
    this.#lineNumber += run.stack.length;
    this.#lastTaken = this.#base + end;
    return true;
  }

  #stepNext(to: number, now: number): void {
    const start = this.#at;
    const end = this.#memory.indexOf(newline, start);
    const next = end === -1 || end >= to ? to : end + 1;
    this.#step(start, end === -1 ? to : end, next, now);
    this.#at = next;
    this.#lineNumber += 1;
  }

  #step(start: number, end: number, next: number, now: number): void {
    const line = this.#pieces.join(this.#readLine(start, end, next));
    if (line) this.#stepLine(line, now);
  }

  /** Lines of which the last piece never came. */
  #takePieces(now: number): void {
    if (this.#pieces.isEmpty) return;
    for (const line of this.#pieces.takeAll()) this.#stepLine(line, now);
  }

  #stepLine(line: SourceLine, now: number): void {
    const start = Math.max(0, line.offset - this.#base);
    if (this.#isBehindPrefix(line, start)) {
      this.#beginLearned(line, start, now);
      return;
    }
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const event = this.#open[index];
      if (!event) continue;
      if (event.stream !== line.stream) {
        if (event.passBy() === 'over') this.#close(event);
        continue;
      }
      const joined = event.join(line, this.#headOf, now);
      if (joined === 'taken') {
        this.#lastTaken = line.end;
        return;
      }
      if (joined === 'held') {
        if (this.#beginPrinted(line, start, now)) this.#close(event);
        return;
      }
      if (joined === 'over') this.#close(event);
    }
    const head = this.#headOf(line);
    if (head.kind === 'error' || head.kind === 'weak') this.#begin(head, line, start, now);
    else if (head.kind === 'text' && isPlacedFrame(line.text)) this.#beginAbove(line, start, now);
    else if (head.kind === 'text') this.#beginPrinted(line, start, now);
  }

  /** Whether the line is the first frame behind a prefix. */
  #isBehindPrefix(line: SourceLine, start: number): boolean {
    if (!holdsFrame(line.text) || this.#headOf(line).kind !== 'text') return false;
    return this.#prefixes.learn(line.text, this.#above.lines(start, line));
  }

  #readLine(start: number, end: number, next: number): SourceLine {
    let stop = end;
    if (stop > start && this.#memory[stop - 1] === 13) stop -= 1;
    const [number, offset, endOffset] = [this.#lineNumber, this.#base + start, this.#base + next];
    if (this.#rules.isEmpty && mayBeRecord(this.#memory, start)) {
      this.#templates ??= new RecordTemplates(this.#memory);
      const template = this.#templates.find(start, stop, offset);
      if (template) {
        const line = bareLine(this.#memory.toString('utf8', start, stop), number, offset, endOffset);
        line.head = template.head;
        if (template.head.kind === 'error') line.template = this.#templates.eventOf(template);
        return line;
      }
    }
    let raw: string;
    if (stop - start > this.#maxLineBytes) {
      raw = this.#memory.toString('utf8', start, start + this.#maxLineBytes) + cutMarker;
      this.cutLines += 1;
    } else raw = this.#memory.toString('utf8', start, stop);
    if (offset === 0 && raw.charCodeAt(0) === 0xfeff) raw = raw.slice(1);
    return readSourceLine(raw, number, offset, endOffset, this.#prefixes);
  }

  /** What the line would be by itself. */
  readonly #headOf = (line: SourceLine): Head => {
    if (line.head) return line.head;
    line.head = this.#readHead(line);
    if (line.isBare) this.#templates?.remember(line.offset, line.head);
    return line.head;
  };

  #readHead({ text, level, time }: SourceLine): Head {
    let head = readHead(text, this.#option);
    if (head.kind === 'text' && level !== null && text.trim() !== '' && !isFrame(text))
      head = makeHead('error', 'log line', { level, message: text, time });
    if (this.#rules.includes(text) && head.kind !== 'error') {
      head.kind = 'error';
      if (head.message === '') head.message = text;
    }
    if (head.kind !== 'text' && this.#rules.ignores(text)) head.kind = 'record';
    head.time ??= time;
    return head;
  }

  #begin(head: Head, line: SourceLine, start: number, now: number): void {
    if (head.kind === 'weak' && this.#isFieldOfRecord(line, start)) return;
    this.#lastTaken = line.end;
    if (line.template) {
      const context = this.#above.raw(start, this.#contextLines);
      this.#addClosed(
        new WholeEvent(line, line.template, () =>
          new OpenEvent(this.#readHead(line), line, null, context, now).finish(),
        ),
      );
      return;
    }
    const preamble = head.isBare ? this.#above.excerpt(start, line) : null;
    const event = new OpenEvent(head, line, preamble, this.#above.raw(start, this.#contextLines), now);
    this.#open.push(event);
    if (event.isWhole) this.#close(event);
  }

  /** A field that states the level of a record which is printed over several lines. */
  #beginPrinted(field: SourceLine, start: number, now: number): boolean {
    const level = printedLevel(field.text);
    if (level === null || (!/^[5-9]\d$/.test(level) && !isErrorLevel(level))) return false;
    const lines = linesOfObject(field, this.#above.upwards(start, field, maxLinesAbove));
    const first = lines?.[0];
    if (!lines || !first || first.offset < this.#endedTo) return false;
    // What its fields seemed to be by themselves.
    this.#open = this.#open.filter(({ isProven, startOffset }) => isProven || startOffset < first.offset);
    const context = this.#above.raw(first.offset - this.#base, this.#contextLines);
    const head = makeHead('error', 'printed', { level, joining: 'printed' });
    const event = new OpenEvent(head, first, null, context, now);
    for (const line of [...lines.slice(1), field]) event.join(line, this.#headOf, now);
    this.#open.push(event);
    this.#lastTaken = field.end;
    return true;
  }

  /** Whether a record that is no error prints the line as what it was told of, over several lines. */
  #isFieldOfRecord(line: SourceLine, start: number): boolean {
    if (indentOf(line.text) < 2) return false;
    const owner = this.#above.owner(start, line);
    const head = owner && readHead(owner.text, this.#option);
    return head?.kind === 'record' && head.level !== null;
  }

  /** The first frame behind a prefix: the head above it, and what lies between, were read with the prefix. */
  #beginLearned(frame: SourceLine, start: number, now: number): void {
    const line = { ...frame, head: null };
    stripPrefix(line, this.#prefixes);
    const above = this.#above.lines(start, line).filter(({ stream }) => stream === line.stream);
    const headAt = above.findIndex((each) => /^(?:error|weak)$/.test(this.#readHead(each).kind));
    const lines = above.slice(0, headAt + 1).reverse();
    const from = lines[0]?.offset ?? line.offset;
    const misread = this.#open.filter((event) => lines.some(({ offset }) => offset === event.startOffset));
    this.#open = this.#open.filter((event) => !misread.includes(event));
    // An event that has ended keeps what it took.
    if (from >= this.#endedTo) for (const each of lines) this.#stepLine(each, now);
    this.#stepLine(line, now);
  }

  /** A frame without a head: the line above it was one, if it is no record of its own. */
  #beginAbove(frame: SourceLine, start: number, now: number): void {
    const above = this.#above.lines(start, frame).find(({ stream }) => stream === frame.stream);
    if (!above || above.offset < this.#lastTaken || above.number !== frame.number - 1) return;
    const head = readHead(above.text, this.#option);
    if (
      head.kind !== 'text' ||
      /^\s|^$/.test(above.text) ||
      isFrame(above.text) ||
      // What React warns of.
      /^(?:Trace|\w*Warning|Check (?:the render method|your code))\b/.test(above.text)
    )
      return;
    const match = /^([A-Z]\w*)(?: \[\w+\])?: (.*)$/.exec(above.text);
    const made = makeHead('weak', 'frames', {
      type: match?.[1] ?? '',
      message: match?.[2] ?? above.text,
      isBare: true,
    });
    const preamble = this.#above.excerpt(above.offset - this.#base, above);
    const event = new OpenEvent(made, above, preamble, '', now);
    this.#open.push(event);
    event.join(frame, this.#headOf, now);
    this.#lastTaken = frame.end;
  }

  #close(event: OpenEvent): void {
    const index = this.#open.indexOf(event);
    if (index !== -1) this.#open.splice(index, 1);
    const { isProven, printed } = event;
    if (isProven && (printed === null || !this.#rules.ignores(printed))) this.#addClosed(event);
  }

  #addClosed(event: ClosedEvent): void {
    if (event.endOffset > this.#endedTo) this.#endedTo = event.endOffset;
    // Kept in the order in which they began.
    let at = this.#closed.length;
    while (at > 0 && (this.#closed[at - 1]?.startOffset ?? 0) > event.startOffset) at -= 1;
    if (at === this.#closed.length) this.#closed.push(event);
    else this.#closed.splice(at, 0, event);
  }

  /** Gives out closed events in the order they began, none that an open one still reaches into. */
  #release(take: TakeEvent): void {
    let limit = Infinity;
    for (const { startOffset } of this.#open) if (startOffset < limit) limit = startOffset;
    let event: ClosedEvent | undefined;
    while ((event = this.#closed[0]) && event.endOffset <= limit) {
      this.#closed.shift();
      take(event.finish());
    }
  }

  /** A line that does not end within the limit is read as far as it is kept; the rest of it is skipped. */
  #cutLongLine(now: number): void {
    if (this.#filled - this.#at <= this.#maxLineBytes) return;
    if (!this.#isSkipping) {
      this.#step(this.#at, this.#filled, this.#filled, now);
      this.#isSkipping = true;
    }
    this.#at = this.#filled;
  }

  #compact(): void {
    const keep = Math.max(0, this.#at - historyBytes);
    this.#memory.copyWithin(0, keep, this.#filled);
    this.#base += keep;
    this.#at -= keep;
    this.#filled -= keep;
  }
}

/** Whether a line that begins so may go on with an event that others have interrupted. */
function mayGoOn(first: number | undefined): boolean {
  return first === 0x20 || first === 0x09 || first === 0x7d || first === 0x5d || first === 0x1b;
}

function collect(give: (take: TakeEvent) => void): DetectedEvent[] {
  const events: DetectedEvent[] = [];
  give((event) => events.push(event));
  return events;
}
