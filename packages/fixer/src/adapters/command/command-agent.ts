// The coding agent of one's own: any program that reads a prompt, edits the worktree and exits 0.
import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { findRepairAnswer } from '@levautofix/contract/repair-answer';
import { Fault } from '@levautofix/service-kit/fault';
import { clip, plainLine, plainText } from '../../domain/plain-text.js';
import { accountOf } from '../../domain/repair-answer.js';
import type { AgentUsage, CodingAgent, RepairOutcome, RepairRequest } from '../../ports/coding-agent.js';
import type { ProcessRunner } from '../../ports/process-runner.js';
import type { Sandbox } from '../../ports/sandbox.js';
import { splitWords } from './split-words.js';

export interface CommandOptions {
  /** `REPAIR_COMMAND`: split as a shell splits words, run without one. */
  command: string | undefined;
  /** A script named by a relative path is looked for in the worktree, then here. */
  folder: string;
  /** `PATH` of the program. */
  path: string;
  /** Home of the program; empty in a sandbox. */
  home: string;
  runner: ProcessRunner;
  sandbox: Sandbox;
  findProgram: (command: string) => Promise<string | null>;
}

export class CommandAgent implements CodingAgent {
  readonly rung = 'command';
  readonly #options: CommandOptions;

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  async checkAvailable(): Promise<string | null> {
    const [name] = splitWords(this.#options.command ?? '');
    if (name === undefined) return 'REPAIR_COMMAND is not set.';
    return (await this.#options.findProgram(name)) ? null : `REPAIR_COMMAND: there is no program "${name}".`;
  }

  async repair(request: RepairRequest, signal: AbortSignal): Promise<RepairOutcome> {
    const { path, home, runner, sandbox } = this.#options;
    const [name = '', ...words] = splitWords(this.#options.command ?? '');
    const program = await this.#options.findProgram(name);
    if (!program) throw missingFault(name);
    const args = await Promise.all(words.map((word) => this.#locate(word, request.worktreePath)));
    const spec = {
      command: program,
      args: args.map((arg) => arg.word),
      cwd: request.worktreePath,
      env: { PATH: path, HOME: home, LANG: 'C.UTF-8', LEVAUTOFIX_ATTEMPT: String(request.attempt) },
      input: request.prompt,
      timeoutMs: request.timeoutMs,
    };
    const ended = await runner.run(
      sandbox.enclose(spec, {
        ...request.modules,
        workspace: request.worktreePath,
        readable: [program, ...args.flatMap((arg) => arg.file ?? [])],
        masked: [join(request.worktreePath, '.git')],
        network: 'none',
      }),
      signal,
    );
    if (ended.isCancelled) throw signal.reason;
    if (ended.spawnError !== null) throw missingFault(name, ended.spawnError);
    const answer = findRepairAnswer(ended.stdout);
    const usage: AgentUsage = { usd: answer?.usage?.usd ?? null, tokens: answer?.usage?.tokens ?? 0 };
    request.onUsage?.(usage);
    const ending = { sessionId: null, usage };
    if (ended.isTimeout) return { kind: 'timeout', ...ending };
    if (ended.exitCode !== 0) return { kind: 'failed', reason: describeExit(ended), ...ending };
    return { ...accountOf(answer, answer ? '' : plainText(ended.stdout)), ...ending };
  }

  /** The word as the program gets it, and the file outside the worktree that it names. */
  async #locate(word: string, worktree: string): Promise<{ word: string; file?: string }> {
    if (word.startsWith('-') || (await isFile(join(worktree, word)))) return { word };
    const file = isAbsolute(word) ? word : resolve(this.#options.folder, word);
    return (await isFile(file)) ? { word: file, file } : { word };
  }
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

function describeExit(ended: { exitCode: number | null; signal: string | null; output: string }): string {
  const end = ended.signal ? `was ended by ${ended.signal}` : `exited with code ${ended.exitCode}`;
  const words = clip(plainLine(ended.output.slice(-2_000)), 500);
  return `The repair command ${end}${words ? `: ${words}` : ' without a word.'}`;
}

function missingFault(name: string, detail = `there is no program "${name}"`): Fault {
  return new Fault({
    code: 'agent_missing',
    message: `The repair command could not be started: ${detail}.`,
    remedy: 'Set REPAIR_COMMAND to a program of this machine and its arguments.',
  });
}
