// An error event as it is handed out: what most readers never look at is made only when somebody does.
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { DetectedEvent } from '../domain/occurrence.js';
import type { Head } from './head.js';
import { stripColors } from './json-record.js';
import { parseTime } from './parse-time.js';
import { unwrap } from './unwrap.js';

/** Characters of a line around an event that are kept. */
const maxContextLine = 2_000;

export class SeenEvent implements DetectedEvent {
  readonly error: LoggedError;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: string | null;
  readonly traceId: string | null;
  declare lines?: number[];
  readonly #head: Head;
  readonly #said: string;
  readonly #context: string;

  /** `said`: the message without the lines below it; `context`: the lines before the event, as they stand in the source. */
  constructor(error: LoggedError, head: Head, said: string, context: string, startLine: number, endLine: number) {
    this.error = error;
    this.level = head.level;
    this.traceId = head.traceId;
    this.startLine = startLine;
    this.endLine = endLine;
    this.#head = head;
    this.#said = said;
    this.#context = context;
  }

  get loggedAt(): number | null {
    return parseTime(this.#head.time);
  }

  get request(): DetectedEvent['request'] {
    return this.#head.request ?? requestIn(this.#said);
  }

  get context(): string[] {
    if (this.#context === '') return [];
    const lines = this.#context.replace(/\n$/, '').split('\n');
    return lines.map((line) => {
      const bare = stripColors(line.replace(/\r$/, '').slice(0, maxContextLine));
      return stripColors(unwrap(bare)?.text ?? bare);
    });
  }
}

function requestIn(message: string): DetectedEvent['request'] {
  if (!message.includes(' /')) return null;
  const match = /\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\/[^\s"']*)/.exec(message);
  return match ? { method: match[1] ?? '', path: match[2] ?? '' } : null;
}
