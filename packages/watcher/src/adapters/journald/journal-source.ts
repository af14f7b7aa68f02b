// Follows the systemd journal through `journalctl`, which only reads, and remembers the cursor of the last entry accounted for.
import { spawn, type ChildProcess } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@levautofix/service-kit/clock';
import { Fault } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import type { EventDetector } from '../../domain/event-detector.js';
import type { DetectedEvent } from '../../domain/occurrence.js';
import type { Checkpoint } from '../../ports/checkpoint-store.js';
import type { DetectorFactory, EventHandler, LogSource, SourceStats, SourceTrouble } from '../../ports/log-source.js';
import { CursorTrack } from './cursor-track.js';

const flushMs = 500;
const restartMs = { first: 1_000, most: 60_000 };

export interface JournalSourceOptions {
  /** Match arguments of journalctl, such as `_SYSTEMD_UNIT=shop.service`; all must be `FIELD=value`. Empty: the whole journal. */
  matches: readonly string[];
  readFrom: 'end' | 'beginning';
  createDetector: DetectorFactory;
  clock: Clock;
  logger: Logger;
  /** Default `journalctl`. */
  command?: string;
}

/** @throws Fault `journal_match_invalid`. */
export function createJournalSource(options: JournalSourceOptions): LogSource {
  const wrong = options.matches.find((match) => !/^[A-Z_][A-Z0-9_]*=/.test(match));
  if (wrong !== undefined) {
    throw new Fault({
      code: 'journal_match_invalid',
      message: `"${wrong}" is no match of the journal.`,
      remedy: 'Write matches as FIELD=value, such as _SYSTEMD_UNIT=shop.service.',
    });
  }
  return new JournalSource(options);
}

class JournalSource implements LogSource {
  readonly ended = new Promise<void>(() => {});
  readonly #options: JournalSourceOptions;
  readonly #name: string;
  #detector: EventDetector;
  #track: CursorTrack;
  #onEvents: EventHandler = () => {};
  #child: ChildProcess | null = null;
  #cancelTimers: (() => void)[] = [];
  #restartDelayMs = restartMs.first;
  #bytesRead = 0;
  #isStopped = false;
  #isTroubled = false;
  #complaint = 'journalctl does not run';

  constructor(options: JournalSourceOptions) {
    this.#options = options;
    this.#name = ['journal', ...options.matches].join(' ');
    this.#detector = options.createDetector(this.#name);
    this.#track = new CursorTrack(null);
  }

  async start(checkpoints: readonly Checkpoint[], onEvents: EventHandler): Promise<void> {
    this.#onEvents = onEvents;
    const known = checkpoints.find((checkpoint) => checkpoint.kind === 'journal' && checkpoint.name === this.#name);
    if (known?.kind === 'journal') this.#track = new CursorTrack(known.cursor);
    await this.#launch();
    this.#flushLater();
  }

  async drain(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    if (!this.#isStopped) this.#handOver(this.#detector.flush(this.#options.clock.now()));
  }

  checkpoints(): Checkpoint[] {
    const cursor = this.#track.accountedFor(this.#detector.pendingBytes);
    return cursor === null ? [] : [{ kind: 'journal', name: this.#name, cursor }];
  }

  stats(): SourceStats {
    const isOpen = Number(this.#child !== null);
    const none = { bytesBehind: 0, rotations: 0, truncations: 0, bytesGivenUp: 0 };
    const { cutLines } = this.#detector;
    return { ...none, sources: 1, open: isOpen, bytesRead: this.#bytesRead, cutLines, unreadable: 1 - isOpen };
  }

  troubles(): SourceTrouble[] {
    if (this.#child !== null) return [];
    const remedy = 'Let this user read the journal, for example through the group `systemd-journal`.';
    return [{ problem: `The journal is not read: ${this.#complaint}.`, remedy, isMinor: false }];
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#cancelTimers) cancel();
    const child = this.#child;
    this.#child = null;
    if (!child) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.stdout?.removeAllListeners('data');
      child.kill();
    });
  }

  #arguments(): string[] {
    const cursor = this.#track.accountedFor(0);
    const everything = cursor !== null || this.#options.readFrom === 'beginning';
    return [
      ...['--follow', '--output=json', '--quiet', '--no-pager'],
      // Without it a message of more than 4096 bytes, such as a long stack trace, would come as null.
      '--all',
      everything ? '--no-tail' : '--lines=0',
      ...(cursor === null ? [] : [`--after-cursor=${cursor}`]),
      ...this.#options.matches,
    ];
  }

  #launch(): Promise<void> {
    const child = spawn(this.#options.command ?? 'journalctl', this.#arguments(), {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of our own environment is its business; without a PATH the system's own folders are searched.
      env: { LC_ALL: 'C.UTF-8' },
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-500);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#take(chunk);
    });
    child.once('close', (code) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#relaunchLater(complaint.trim() || `exit code ${String(code)}`);
    });
    return new Promise((resolve, reject) => {
      child.once('error', (cause) => {
        reject(
          new Fault({
            code: 'journalctl_missing',
            message: 'journalctl cannot be started.',
            remedy: 'Install systemd’s journalctl, or take the journal out of the watched sources.',
            cause,
          }),
        );
      });
      child.once('spawn', () => {
        this.#child = child;
        resolve();
      });
    });
  }

  #take(chunk: Buffer): void {
    this.#restartDelayMs = restartMs.first;
    if (this.#isTroubled) this.#options.logger.info({ source: this.#name }, 'the journal can be read again');
    this.#isTroubled = false;
    this.#bytesRead += chunk.length;
    const events = this.#detector.push(chunk, this.#options.clock.now());
    this.#track.push(chunk);
    this.#track.accountedFor(this.#detector.pendingBytes);
    this.#handOver(events);
  }

  /** What the process that ended had not finished is read again by the next, after the last cursor accounted for. */
  #relaunchLater(reason: string): void {
    if (!this.#isTroubled)
      this.#options.logger.warn({ source: this.#name, reason }, 'journalctl ended; starting it again');
    this.#isTroubled = true;
    this.#complaint = reason.replace(/\.$/, '');
    const cursor = this.#track.accountedFor(this.#detector.pendingBytes);
    // A cursor that the journal does not understand any more would be refused for ever.
    this.#track = new CursorTrack(/cursor/i.test(reason) ? null : cursor);
    this.#detector = this.#options.createDetector(this.#name);
    this.#later(this.#restartDelayMs, () => {
      this.#launch().catch((error: unknown) => {
        this.#relaunchLater(String(error));
      });
    });
    this.#restartDelayMs = Math.min(restartMs.most, this.#restartDelayMs * 2);
  }

  #flushLater(): void {
    this.#later(flushMs, () => {
      this.#handOver(this.#detector.flush(this.#options.clock.now()));
      this.#flushLater();
    });
  }

  #later(delayMs: number, action: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#cancelTimers = this.#cancelTimers.filter((other) => other !== cancel);
      if (!this.#isStopped) action();
    });
    this.#cancelTimers.push(cancel);
  }

  #handOver(events: readonly DetectedEvent[]): void {
    if (events.length > 0) this.#onEvents(events, this.#name);
  }
}
