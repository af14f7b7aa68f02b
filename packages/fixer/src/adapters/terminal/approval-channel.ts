// Asks in the terminal, one question after the other; offered only where a person sits in front of one.
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import type { Clock } from '@levautofix/service-kit/clock';
import { clip, plainText } from '../../domain/plain-text.js';
import type { ApprovalChannel, ApprovalQuestion, DecisionAnswer, DecisionInput } from '../../ports/approval-channel.js';
import { renderQuestion } from './question-text.js';

export interface TerminalOptions {
  input: Readable & { isTTY?: boolean };
  output: Writable & { isTTY?: boolean };
  clock: Clock;
}

type Decide = (input: DecisionInput) => Promise<DecisionAnswer>;

const prompt = 'Approve? [y/N/s] ';
const help = '  y approves, N (or Enter) skips, s shows the whole diff; a sentence of your own goes back to the agent.';

export function isTerminal({ input, output }: Pick<TerminalOptions, 'input' | 'output'>): boolean {
  return input.isTTY === true && output.isTTY === true;
}

export class TerminalChannel implements ApprovalChannel {
  readonly name = 'terminal';
  readonly #options: TerminalOptions;
  readonly #waiting: ApprovalQuestion[] = [];
  #decide: Decide | null = null;
  #current: { question: ApprovalQuestion; end: AbortController } | null = null;
  #isStopped = false;
  #asking: Promise<void> = Promise.resolve();

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  start(decide: Decide): Promise<void> {
    this.#decide = decide;
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting.length = 0;
    this.#current?.end.abort();
    await this.#asking;
  }

  /** Answers at once: the person may take their time while the worker goes on. */
  ask(question: ApprovalQuestion): Promise<string> {
    this.#waiting.push(question);
    if (!this.#current) this.#next();
    return Promise.resolve(question.nonce);
  }

  conclude(reference: string, question: ApprovalQuestion, outcome: string): Promise<void> {
    const index = this.#waiting.findIndex(({ nonce }) => nonce === reference);
    if (index >= 0) this.#waiting.splice(index, 1);
    if (this.#current?.question.nonce === reference) this.#current.end.abort();
    this.#print(`${question.service}: ${outcome}`);
    return Promise.resolve();
  }

  notify(text: string): Promise<void> {
    this.#print(text);
    return Promise.resolve();
  }

  #next(): void {
    const question = this.#isStopped ? undefined : this.#waiting.shift();
    if (!question) return;
    const end = new AbortController();
    this.#current = { question, end };
    this.#asking = this.#run(question, end).then(() => {
      this.#current = null;
      this.#next();
    });
  }

  async #run(question: ApprovalQuestion, end: AbortController): Promise<void> {
    const { clock } = this.#options;
    this.#print(renderQuestion(question));
    this.#print(help);
    const cancelExpiry = clock.after(Math.max(0, question.expiresAt - clock.now()), () => {
      this.#print('This question has expired. Nothing was changed.');
      end.abort();
    });
    try {
      while (!end.signal.aborted) {
        const line = await this.#readLine(end.signal);
        if (line === null) return;
        const input = interpret(line);
        if (input === 'show') this.#print(question.diff ?? 'There is no diff yet.');
        else if (input === 'unclear') this.#print(help);
        else if (await this.#record({ ...input, nonce: question.nonce, by: 'terminal' })) return;
      }
    } finally {
      cancelExpiry();
    }
  }

  /** False when the answer was refused in a way that another answer may mend. */
  async #record(input: DecisionInput): Promise<boolean> {
    try {
      const answer = await this.#decide?.(input);
      this.#print(answer?.message ?? 'Nobody listens for answers yet.');
      return answer?.isAccepted === true || input.answer !== 'feedback';
    } catch (error) {
      this.#print(`Your answer could not be stored (${(error as Error).message}). Please answer again.`);
      return false;
    }
  }

  /** Null when the question ended first or the input is closed. */
  #readLine(signal: AbortSignal): Promise<string | null> {
    const { input, output } = this.#options;
    return new Promise((resolve) => {
      const lines = createInterface({ input, output, terminal: false });
      const finish = (line: string | null) => {
        // Closing tells `close` at once, so what was read must be settled first.
        resolve(line);
        signal.removeEventListener('abort', onAbort);
        lines.close();
      };
      const onAbort = () => finish(null);
      signal.addEventListener('abort', onAbort, { once: true });
      lines.once('line', finish);
      lines.once('close', onAbort);
      output.write(prompt);
    });
  }

  #print(text: string): void {
    this.#options.output.write(`${plainText(text)}\n`);
  }
}

function interpret(line: string): Pick<DecisionInput, 'answer' | 'text'> | 'show' | 'unclear' {
  const words = line.trim();
  switch (words.toLowerCase()) {
    case 'y':
    case 'yes':
      return { answer: 'approve' };
    case '':
    case 'n':
    case 'no':
      return { answer: 'skip' };
    case 's':
    case 'show':
      return 'show';
  }
  // A slip of the keyboard is no message to an agent.
  return words.includes(' ') ? { answer: 'feedback', text: clip(words, 10_000) } : 'unclear';
}
