// An event that is one line whose like was seen before: what it says is read when somebody asks for it.
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { DetectedEvent } from '../domain/occurrence.js';
import type { SourceLine } from './source-line.js';

/** An event to which no more lines come. Offsets count bytes from the start of the source. */
export interface ClosedEvent {
  readonly startOffset: number;
  readonly endOffset: number;
  finish(): DetectedEvent;
}

export class WholeEvent implements ClosedEvent, DetectedEvent {
  readonly template: object;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly startLine: number;
  readonly endLine: number;
  readonly #read: () => DetectedEvent;
  #event: DetectedEvent | null = null;

  constructor({ number, lastNumber, offset, end }: SourceLine, template: object, read: () => DetectedEvent) {
    this.template = template;
    this.startLine = number;
    this.endLine = lastNumber;
    this.startOffset = offset;
    this.endOffset = end;
    this.#read = read;
  }

  finish(): DetectedEvent {
    return this;
  }

  get error(): LoggedError {
    return this.#whole().error;
  }

  get level(): string | null {
    return this.#whole().level;
  }

  get traceId(): string | null {
    return this.#whole().traceId;
  }

  get loggedAt(): number | null {
    return this.#whole().loggedAt;
  }

  get request(): DetectedEvent['request'] {
    return this.#whole().request;
  }

  get context(): string[] {
    return this.#whole().context;
  }

  #whole(): DetectedEvent {
    return (this.#event ??= this.#read());
  }
}
