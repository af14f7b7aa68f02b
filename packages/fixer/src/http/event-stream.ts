// Server-sent events: tells open pages of every change as it happens, and never lets a slow one hold memory.
// Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { Clock } from '@levautofix/service-kit/clock';
import type { RequestHandler, Response } from 'express';
import { requestFault } from './error-handler.js';

export interface FixerEvent {
  type: 'job' | 'incident';
  /** The job view or incident view after the change. */
  data: unknown;
}

const maxListeners = 100;
const maxBufferedBytes = 1024 * 1024;
const heartbeatMs = 25_000;

export class EventStream {
  readonly #clock: Clock;
  readonly #listeners = new Set<Response>();
  #lastId = 0;
  #cancelHeartbeat: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  publish({ type, data }: FixerEvent): void {
    this.#lastId += 1;
    this.#write(`id: ${this.#lastId}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  readonly handler: RequestHandler = (_request, response) => {
    if (this.#listeners.size >= maxListeners) {
      throw requestFault('too_many_listeners', 'Too many pages are open.', 'Close some and load this one again.');
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    // A page that missed something while it was away loads its lists again on every connection.
    response.write('retry: 2000\n\n');
    this.#listeners.add(response);
    response.on('close', () => this.#drop(response));
    this.#cancelHeartbeat ??= this.#scheduleHeartbeat();
  };

  /** Ends all streams, so that the server can close. */
  close(): void {
    for (const response of [...this.#listeners]) {
      response.end();
      this.#drop(response);
    }
  }

  #write(text: string): void {
    for (const response of [...this.#listeners]) {
      if (response.writableLength > maxBufferedBytes) response.destroy();
      else response.write(text);
    }
  }

  #scheduleHeartbeat(): () => void {
    return this.#clock.after(heartbeatMs, () => {
      this.#write(': still here\n\n');
      this.#cancelHeartbeat = this.#scheduleHeartbeat();
    });
  }

  #drop(response: Response): void {
    this.#listeners.delete(response);
    if (this.#listeners.size > 0) return;
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = null;
  }
}
