// The coding agent of a local model: it cannot edit, so it answers with whole files, which are written into the worktree.
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { findRepairAnswer } from '@levautofix/contract/repair-answer';
import { clip, plainLine } from '../../domain/plain-text.js';
import { accountOf } from '../../domain/repair-answer.js';
import type { CodingAgent, RepairOutcome, RepairRequest } from '../../ports/coding-agent.js';
import type { OllamaClient } from './ollama-client.js';
import { type AnsweredFile, isCutShort, readAnsweredFiles } from './read-files.js';

export interface OllamaOptions {
  client: OllamaClient;
  /** `OLLAMA_MODEL`; undefined when it is not set. */
  model: string | undefined;
  /** Longest time for one answer. Default 2 minutes. */
  answerTimeoutMs?: number;
}

/** Shorter than any file with a correction in it. */
const minAnswerLength = 50;

const format = `
# How to edit

You cannot edit files yourself. For each file that you change or add, write a line "FILE: path/from/the/root", then the complete new
content of that file in a code fence. Leave nothing out of it: what you leave out is deleted. After the last file write the JSON object.
`;

export class OllamaAgent implements CodingAgent {
  readonly rung = 'ollama';
  readonly #options: OllamaOptions;

  constructor(options: OllamaOptions) {
    this.#options = options;
  }

  async checkAvailable(): Promise<string | null> {
    const { client, model } = this.#options;
    return model ? client.checkModel(model) : 'OLLAMA_MODEL is not set.';
  }

  async repair(request: RepairRequest, signal: AbortSignal): Promise<RepairOutcome> {
    const { client, model = '', answerTimeoutMs = 120_000 } = this.#options;
    const timeoutMs = Math.min(request.timeoutMs, answerTimeoutMs);
    request.onProgress?.(`asking ${model}`);
    const reply = await client.ask({ model, prompt: request.prompt + format, timeoutMs, signal });
    if (reply === 'timeout') return { kind: 'timeout', sessionId: null, usage: { usd: 0, tokens: 0 } };
    const ending = { sessionId: null, usage: { usd: 0, tokens: reply.tokens } };
    request.onUsage?.(ending.usage);
    const failed = (reason: string): RepairOutcome => ({ kind: 'failed', reason, ...ending });

    const account = accountOf(findRepairAnswer(reply.text));
    if (account.kind === 'declined') return { ...account, ...ending };
    if (reply.text.trim().length < minAnswerLength) return failed('The model answered with almost nothing.');
    if (!reply.isWhole) return failed('The model ran out of room before its answer was whole.');
    const files = readAnsweredFiles(reply.text);
    if (files.length === 0) return failed('The model answered without a file.');
    for (const file of files) {
      const wrong = await refuseFile(request.worktreePath, file);
      if (wrong !== null) return failed(wrong);
    }
    for (const { path, content } of files) {
      const target = join(request.worktreePath, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      request.onProgress?.(clip(plainLine(`wrote ${path}`), 160));
    }
    return { ...account, ...ending };
  }
}

/** Null when the file may be written: the path is the model's word and may lead anywhere. */
async function refuseFile(worktree: string, file: AnsweredFile): Promise<string | null> {
  const shown = clip(plainLine(file.path), 100);
  if (isCutShort(file)) return `The model left parts of ${shown} out.`;
  const parts = normalize(file.path).split(sep);
  if (
    file.path.includes('\0') ||
    file.path.startsWith('/') ||
    parts.some((part) => part === '..' || part.toLowerCase() === '.git')
  ) {
    return `The model named a file outside the repository: ${shown}.`;
  }
  for (let depth = 1; depth <= parts.length; depth++) {
    const found = await lstat(join(worktree, ...parts.slice(0, depth))).catch(() => null);
    if (!found) return null;
    const isFitting = depth === parts.length ? found.isFile() : found.isDirectory();
    // A link or pipe in the repository would be written through.
    if (!isFitting) return `${shown} is no plain file in the repository.`;
  }
  return null;
}
